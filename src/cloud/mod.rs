//! The simulated AWS account and its API. Pure: time, ids and fresh keys come in through `cloud::Env`.
