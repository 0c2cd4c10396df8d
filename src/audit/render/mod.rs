//! An audit as a page that needs nothing else. (As JSON it is `wire::audit`.)

pub mod html;
