//! Integration tests: one binary that drives the real tools.

mod ssh;
