//! Which nodes, which pods, which verdicts.
