//! The small pieces screens are made of.

mod canvas;
mod gauge;
mod scroll;
mod text_field;

pub use canvas::Canvas;
pub use gauge::{bar, sparkline};
pub use scroll::{Scroll, Step};
pub use text_field::TextField;
