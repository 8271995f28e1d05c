//! Inside an instance: gate, disk, users, shell, commands. Pure: no clock, no files, no sockets.
