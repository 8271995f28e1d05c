//! What a file that should hold a private key really holds, judged as OpenSSH would.
