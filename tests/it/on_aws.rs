//! Lessons on AWS: the surroundings played by a script, and the whole lesson with moto in AWS's place and OpenSSH as the instance.
//!
//! That every mistake is recognised from the client's side, and that the account is the same as the simulator's, is proved by
//! `groundschool dev check --on aws`, which `tests/run` calls.

mod fake;
mod moto;
mod surroundings;
