//! The one working directory: where a command left it, and whether it may stay there.

use crate::paths;
use gimlet_ports::{Scene, ToolCx};
use gimlet_protocol::Confinement;
use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

/// Where the shell says where it ended.
pub(super) struct CwdNote {
    pub(super) path: PathBuf,
    /// When the last command wrote it.
    before_ns: Option<i128>,
}

/// What became of the working directory.
pub(super) enum Moved {
    Nowhere,
    To(PathBuf),
    /// It was outside of what the session may work in.
    Back(PathBuf),
}

impl CwdNote {
    pub(super) async fn new(cx: &ToolCx) -> Self {
        let own = match &cx.confinement {
            Some(Confinement::Held(bounds)) => bounds.temporary.clone(),
            Some(Confinement::Open { .. } | Confinement::Refused { .. }) | None => None,
        };
        // A confined command writes nowhere else that is the session's.
        let path = own.unwrap_or_else(|| cx.scene.scratch.clone()).join("cwd");
        let before_ns = cx.host.stat(&path).await.ok().map(|info| info.modified_ns);
        Self { path, before_ns }
    }

    pub(super) async fn moved(&self, cx: &ToolCx) -> Moved {
        /// No path is longer.
        const PATH_BYTES: u64 = 1 << 16;
        let Ok((mut bytes, stamp)) = cx.host.read(&self.path, PATH_BYTES).await else {
            return Moved::Nowhere;
        };
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        let to = PathBuf::from(OsString::from_vec(bytes));
        let Scene {
            cwd, root, added, ..
        } = cx.scene.as_ref();
        if self.before_ns == Some(stamp.modified_ns) || !to.is_absolute() || to == *cwd {
            return Moved::Nowhere;
        }
        let real = async |path: &Path| cx.host.stat(path).await.ok().map(|info| info.real);
        if real(cwd).await.as_deref() == Some(&to) {
            return Moved::Nowhere;
        }
        for allowed in std::iter::once(root).chain(added) {
            if to.starts_with(allowed) {
                return Moved::To(to);
            }
            // The shell tells the physical path; the session may know the folder by a link.
            if let Some(real) = real(allowed).await
                && let Ok(rest) = to.strip_prefix(&real)
            {
                return Moved::To(paths::normal(&allowed.join(rest)));
            }
        }
        Moved::Back(cwd.clone())
    }
}
