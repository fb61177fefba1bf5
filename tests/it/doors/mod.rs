//! Every door by which an address or a code comes in takes the same and refuses the same, and what is taken can be mailed.

mod addresses;
mod codes;
mod sdk;
mod spellings;
mod table;
