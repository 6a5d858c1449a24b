//! Checks of places and taints, one break at a time.
