//! What a component can do to the host, from loading to the message a user reads.
//!
//! Components are written in the text format, as small as what they show.

mod attacks;
mod loading;
mod world;
