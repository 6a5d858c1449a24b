//! Checks of the installation, one break at a time.
