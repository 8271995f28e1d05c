//! Everything that touches the computer: servers, stages, shells, files.
