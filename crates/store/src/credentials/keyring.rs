//! The system's keyring, asked on a thread of its own so that it cannot hang us.

use keyring::{Entry, Error};
use std::{sync::mpsc, thread, time::Duration};

const SERVICE: &str = "gimlet";

pub(super) fn status(limit: Duration) -> Result<(), String> {
    within(limit, || match Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(words(error)),
    })
}

pub(super) fn get(name: &str, limit: Duration) -> Result<Option<String>, String> {
    let name = name.to_owned();
    within(limit, move || match entry(&name)?.get_password() {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(words(&error)),
    })
}

pub(super) fn set(name: &str, secret: &str, limit: Duration) -> Result<(), String> {
    let (name, secret) = (name.to_owned(), secret.to_owned());
    within(limit, move || {
        entry(&name)?
            .set_password(&secret)
            .map_err(|error| words(&error))
    })
}

pub(super) fn delete(name: &str, limit: Duration) -> Result<(), String> {
    let name = name.to_owned();
    within(limit, move || match entry(&name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(words(&error)),
    })
}

fn entry(name: &str) -> Result<Entry, String> {
    if let Err(error) = Entry::store_status() {
        return Err(words(error));
    }
    Entry::new(SERVICE, name).map_err(|error| words(&error))
}

/// What a keyring says of an error, for the kinds whose text holds no secret.
fn words(error: &Error) -> String {
    if matches!(error, Error::BadEncoding(_) | Error::BadDataFormat(..)) {
        return "the secret is not text".to_owned();
    }
    error.to_string()
}

/// Runs a call that may never return. A call that comes too late is left to itself; its
/// thread ends with the process.
fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (to, from) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || drop(to.send(call())))
        .map_err(|error| error.to_string())?;
    from.recv_timeout(limit)
        .unwrap_or_else(|error| match error {
            mpsc::RecvTimeoutError::Timeout => {
                Err(format!("no answer within {} ms", limit.as_millis()))
            }
            mpsc::RecvTimeoutError::Disconnected => Err("the call to it broke".to_owned()),
        })
}
