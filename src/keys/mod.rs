//! Key pairs: generate, texts (PEM, OpenSSH, PPK), public half, AWS fingerprints. Pure, and knows no other room.
