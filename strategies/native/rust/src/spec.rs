//! The spec of a trial: one line of JSON. What this worker cannot serve is refused.

use std::io::BufRead;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;
use crate::lru_layout::Update;
use crate::pending::Pending;

/// A layout with its options.
#[derive(Clone, Debug, PartialEq)]
pub enum LayoutSpec {
    Lru { update: Update, pending: Pending },
    Flat,
    Null,
    KnownPause { pause_ns: i64, every_ns: i64 },
}

/// The store; its name is `memory`, and commits are inline.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    pub keys: usize,
    pub dense: bool,
    pub step: usize,
    pub miss_penalty_ns: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WaitSpec {
    Spin,
    Sleep,
}

#[derive(Clone, Debug)]
pub struct Spec {
    pub ready_fd: i32,
    pub done_fd: i32,
    pub layout: LayoutSpec,
    pub capacity: NonZeroUsize,
    pub payload_bytes: usize,
    pub store: StoreSpec,
    pub wait: WaitSpec,
    pub slow_ns: i64,
}

/// The line as it was given.
pub struct Given(Value);

/// Reads the line.
pub fn read(mut input: impl BufRead) -> Result<Given, Failure> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .map_err(|error| Failure::spec(format!("reading the spec: {error}")))?;
    let value = serde_json::from_str(&line)
        .map_err(|error| Failure::spec(format!("the spec is not JSON: {error}")))?;
    Ok(Given(value))
}

impl Given {
    pub fn block_file(&self) -> Result<PathBuf, Failure> {
        Ok(PathBuf::from(text(&self.0, "/block_file")?))
    }

    /// The core to pin to.
    pub fn cpu(&self) -> Result<Option<usize>, Failure> {
        match self.0.get("cpu") {
            None | Some(Value::Null) => Ok(None),
            Some(_) => count(&self.0, "/cpu").map(Some),
        }
    }

    /// Everything else.
    pub fn spec(&self) -> Result<Spec, Failure> {
        let given = &self.0;
        refuse_others(given)?;
        Ok(Spec {
            ready_fd: descriptor(given, "/ready_fd")?,
            done_fd: descriptor(given, "/done_fd")?,
            layout: layout(given)?,
            capacity: NonZeroUsize::new(count(given, "/capacity")?)
                .ok_or_else(|| Failure::spec("capacity 0: a cache holds one entry at least"))?,
            payload_bytes: count(given, "/payload_bytes")?,
            store: StoreSpec {
                keys: count(given, "/store/keys")?,
                dense: at(given, "/store/dense", "true or false", Value::as_bool)?,
                step: count(given, "/store/step")?,
                miss_penalty_ns: integer(given, "/store/miss_penalty_ns")?,
            },
            wait: match text(given, "/wait")? {
                "spin" => WaitSpec::Spin,
                "sleep" => WaitSpec::Sleep,
                other => return Err(unserved("wait", other)),
            },
            slow_ns: integer(given, "/slow_ns")?,
        })
    }
}

fn unserved(what: &str, value: &str) -> Failure {
    Failure::spec(format!(
        "{what} {value:?}: this worker has none of that name"
    ))
}

/// Returns what `pointer` (RFC 6901) points to, read by `read`.
fn at<'a, T>(
    given: &'a Value,
    pointer: &str,
    expected: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<T, Failure> {
    let name = pointer[1..].replace('/', ".");
    let value = given
        .pointer(pointer)
        .ok_or_else(|| Failure::spec(format!("the spec has no {name}")))?;
    read(value).ok_or_else(|| Failure::spec(format!("{name} is {value}; expected {expected}")))
}

fn text<'a>(given: &'a Value, pointer: &str) -> Result<&'a str, Failure> {
    at(given, pointer, "a string", Value::as_str)
}

fn integer(given: &Value, pointer: &str) -> Result<i64, Failure> {
    let read = |value: &Value| value.as_i64().filter(|number| *number >= 0);
    at(given, pointer, "an integer, 0 or more", read)
}

fn count(given: &Value, pointer: &str) -> Result<usize, Failure> {
    integer(given, pointer).map(|number| number as usize)
}

fn descriptor(given: &Value, pointer: &str) -> Result<i32, Failure> {
    let read = |value: &Value| i32::try_from(value.as_u64()?).ok();
    at(given, pointer, "a file descriptor", read)
}

/// Refuses stores, policies and requests of the kinds that only other workers have.
fn refuse_others(given: &Value) -> Result<(), Failure> {
    for (what, pointer, served) in [
        ("store", "/store/name", "memory"),
        ("commit", "/store/commit", "inline"),
        ("policy", "/policy/name", "default"),
    ] {
        let value = text(given, pointer)?;
        if value != served {
            return Err(unserved(what, value));
        }
    }
    let requests = given.get("requests").and_then(Value::as_object);
    for (name, value) in requests.into_iter().flatten() {
        let nothing = if name == "burst" { 1.0 } else { 0.0 };
        if value.as_f64() != Some(nothing) {
            return Err(Failure::spec(format!(
                "requests.{name} is {value}: this worker allocates nothing per request"
            )));
        }
    }
    Ok(())
}

fn layout(given: &Value) -> Result<LayoutSpec, Failure> {
    let options = Options(given);
    match text(given, "/layout")? {
        "rust" => {
            options.are(&["update", "pending"])?;
            Ok(LayoutSpec::Lru {
                update: options.one_of(
                    "update",
                    [("replace", Update::Replace), ("in-place", Update::InPlace)],
                )?,
                pending: options.pending()?,
            })
        }
        "rust-flat" => {
            options.are(&["pending"])?;
            options.pending()?; // a slot waits as its number either way
            Ok(LayoutSpec::Flat)
        }
        "rust-null" => options.are(&[]).map(|()| LayoutSpec::Null),
        "rust-known-pause" => {
            options.are(&["pause", "every"])?;
            let every_ns = integer(given, "/options/every")?;
            if every_ns == 0 {
                return Err(Failure::spec("options.every is 0; expected a duration"));
            }
            let pause_ns = integer(given, "/options/pause")?;
            Ok(LayoutSpec::KnownPause { pause_ns, every_ns })
        }
        other => Err(unserved("layout", other)),
    }
}

/// A layout's options: each with its value, and no others.
struct Options<'a>(&'a Value);

impl Options<'_> {
    fn are(&self, names: &[&str]) -> Result<(), Failure> {
        let given = at(self.0, "/options", "an object", Value::as_object)?;
        match given.keys().find(|name| !names.contains(&name.as_str())) {
            Some(other) => Err(unserved("option", other)),
            None => Ok(()),
        }
    }

    fn one_of<T: Copy, const N: usize>(
        &self,
        name: &str,
        choices: [(&str, T); N],
    ) -> Result<T, Failure> {
        let value = text(self.0, &format!("/options/{name}"))?;
        let found = choices.iter().find(|(choice, _)| *choice == value);
        found
            .map(|(_, meant)| *meant)
            .ok_or_else(|| unserved(name, value))
    }

    fn pending(&self) -> Result<Pending, Failure> {
        self.one_of(
            "pending",
            [("record", Pending::Record), ("coalesce", Pending::Coalesce)],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given() -> Value {
        json!({
            "block_file": "/dev/shm/x", "ready_fd": 3, "done_fd": 4, "strategy": "rust",
            "layout": "rust", "options": {"update": "in-place", "pending": "record"},
            "policy": {"name": "default", "options": {}}, "capacity": 10, "payload_bytes": 0,
            "store": {"name": "memory", "keys": 20, "dense": true, "step": 250,
                      "commit": "inline", "miss_penalty_ns": 0},
            "requests": {"objects": 0, "in_flight": 0, "burst": 1, "cycles": 0.0},
            "wait": "spin", "slow_ns": 250_000, "cpu": null, "a key of later days": 1,
        })
    }

    fn refusal(pointer: &str, value: Value) -> String {
        let mut given = given();
        *given.pointer_mut(pointer).unwrap() = value;
        Given(given).spec().unwrap_err().reason
    }

    #[test]
    fn a_spec_is_read() {
        let spec = Given(given()).spec().unwrap();
        let expected = LayoutSpec::Lru {
            update: Update::InPlace,
            pending: Pending::Record,
        };
        assert_eq!(spec.layout, expected);
        assert_eq!(
            (spec.capacity.get(), spec.store.keys, spec.store.step),
            (10, 20, 250)
        );
        assert_eq!(spec.wait, WaitSpec::Spin);
    }

    #[test]
    fn what_is_not_served_is_refused_by_name() {
        assert!(refusal("/layout", json!("slots")).contains("slots"));
        assert!(refusal("/policy/name", json!("freeze")).contains("freeze"));
        assert!(refusal("/store/name", json!("sqlite")).contains("sqlite"));
        assert!(refusal("/store/commit", json!("thread")).contains("thread"));
        assert!(refusal("/requests/objects", json!(2)).contains("requests.objects is 2"));
        assert!(refusal("/options", json!({"drain": "rolling"})).contains("drain"));
        assert!(refusal("/options/update", json!("never")).contains("never"));
        assert!(refusal("/wait", json!("poll")).contains("poll"));
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_named() {
        assert!(refusal("/store", json!({})).contains("no store.name"));
        assert!(refusal("/capacity", json!("10")).contains("capacity is \"10\""));
        assert!(refusal("/capacity", json!(0)).contains("capacity 0"));
        assert!(refusal("/slow_ns", json!(-1)).contains("slow_ns is -1"));
        assert!(read("".as_bytes()).is_err());
    }
}
