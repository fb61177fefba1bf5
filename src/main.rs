//! The `tiquo-auth` command.

fn main() {}
