//! Attacks on time, memory and the contract, and the message that each ends with.
