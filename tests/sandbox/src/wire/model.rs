//! The trimmed service models, parsed once.
