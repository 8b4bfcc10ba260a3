//! Why a worker gives up.

use std::any::Any;
use std::fmt::Display;
use std::io;

/// The header's error word and the `code` of the answer `failed`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Code {
    BadHeader = 1,
    BadSpec = 2,
    TrialFailed = 3,
}

/// A reason in one line.
#[derive(Debug)]
pub struct Failure {
    pub code: Code,
    pub reason: String,
}

impl Failure {
    pub fn header(reason: impl Into<String>) -> Self {
        Self::new(Code::BadHeader, reason.into())
    }

    pub fn spec(reason: impl Into<String>) -> Self {
        Self::new(Code::BadSpec, reason.into())
    }

    pub fn trial(reason: impl Into<String>) -> Self {
        Self::new(Code::TrialFailed, reason.into())
    }

    /// Names what could not be done: "reading the ready pipe: Bad file descriptor (os error 9)".
    pub fn of_io(doing: impl Display) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::trial(format!("{doing}: {error}"))
    }

    /// Takes the message out of a caught panic.
    pub fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::trial(said.unwrap_or("panic without a message"))
    }

    fn new(code: Code, reason: String) -> Self {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { code, reason }
    }
}
