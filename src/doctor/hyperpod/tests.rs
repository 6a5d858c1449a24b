//! Checks of HyperPod, one break at a time.
