//! Tables: what each state of the world comes to.
