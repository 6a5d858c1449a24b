//! One plan, receipt and frame that the tests of this module tell in all ways.
