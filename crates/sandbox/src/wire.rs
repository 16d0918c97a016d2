//! Between the program and a command that it confines: a pair of sockets that nobody else has.
//!
//! The command's side tells what was refused and hands over the door of its own network, on
//! which the proxy listens. That the program's side is closed is how the command learns that
//! nobody is there any more.

use std::{
    io,
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd as _, OwnedFd, RawFd},
    ptr,
};

/// Bytes of one message, at most.
const MOST_BYTES: usize = 512;
/// Room for one descriptor beside a message, with its head.
const BESIDE_BYTES: usize = 64;

/// One side.
#[derive(Debug)]
pub struct Wire(OwnedFd);

/// What a side is told.
#[derive(Debug)]
pub enum News {
    /// The command's network listens here.
    Door(OwnedFd),
    /// What was refused, in words.
    Refused(String),
    /// A folder that stands in for something missing, to be held as long as the command runs.
    Hold(OwnedFd),
    /// Nobody will end it: it may go on alone.
    Outlive,
}

impl Wire {
    /// Both sides: the program's, which never waits, and the command's.
    ///
    /// # Errors
    /// When the system gives no sockets.
    pub fn pair() -> io::Result<(Self, Self)> {
        let mut sides: [RawFd; 2] = [-1; 2];
        let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        #[expect(
            unsafe_code,
            reason = "sockets that keep messages apart have no safe form"
        )]
        // SAFETY: the array has room for both descriptors, which are new and nobody else's.
        let pair = unsafe {
            if libc::socketpair(libc::AF_UNIX, kind, 0, sides.as_mut_ptr()) < 0 {
                return Err(io::Error::last_os_error());
            }
            sides.map(|side| Self(OwnedFd::from_raw_fd(side)))
        };
        let [ours, theirs] = pair;
        Ok((ours, theirs))
    }

    /// The side that was inherited under this number.
    pub(crate) fn inherited(number: RawFd) -> Self {
        #[expect(unsafe_code, reason = "the number was told by the parent")]
        // SAFETY: nothing else of this process owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(number) };
        Self(fd)
    }

    /// Its descriptor.
    pub fn into_fd(self) -> OwnedFd {
        self.0
    }

    /// Tells the other side. What finds no room is dropped: news must not hold up a command.
    ///
    /// # Errors
    /// When there is no other side any more, or no room.
    pub fn tell(&self, news: &News) -> io::Result<()> {
        match news {
            News::Door(fd) => send(self.0.as_raw_fd(), b"D", Some(fd.as_raw_fd())),
            News::Refused(what) => {
                let mut bytes = vec![b'R'];
                bytes.extend(what.bytes().take(MOST_BYTES - 1));
                send(self.0.as_raw_fd(), &bytes, None)
            }
            News::Hold(folder) => send(self.0.as_raw_fd(), b"H", Some(folder.as_raw_fd())),
            News::Outlive => send(self.0.as_raw_fd(), b"O", None),
        }
    }

    /// What was told; `None` once nobody is on the other side. What is not understood is passed
    /// over.
    ///
    /// # Errors
    /// `WouldBlock` where there is nothing yet.
    pub fn hear(&self) -> io::Result<Option<News>> {
        loop {
            let (bytes, beside) = match receive(self.0.as_raw_fd()) {
                // The other side left without hearing everything; what it told still comes.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                received => received?,
            };
            let news = match (bytes.split_first(), beside) {
                (None, _) => return Ok(None),
                (Some((b'D', _)), Some(door)) => News::Door(door),
                (Some((b'H', _)), Some(folder)) => News::Hold(folder),
                (Some((b'R', what)), _) => {
                    News::Refused(String::from_utf8_lossy(what).into_owned())
                }
                (Some((b'O', _)), _) => News::Outlive,
                (Some(_), _) => continue,
            };
            return Ok(Some(news));
        }
    }
}

impl AsRawFd for Wire {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Sends a message with at most one descriptor beside it.
pub(crate) fn send(to: RawFd, bytes: &[u8], beside: Option<RawFd>) -> io::Result<()> {
    let mut piece = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut room = [0_u64; BESIDE_BYTES / 8];
    #[expect(unsafe_code, reason = "messages with descriptors have no safe form")]
    // SAFETY: every pointer is to something that lives until the call is over; the room is
    // aligned for a head and large enough for one descriptor.
    let sent = unsafe {
        let mut message: libc::msghdr = MaybeUninit::zeroed().assume_init();
        message.msg_iov = ptr::from_mut(&mut piece);
        message.msg_iovlen = 1;
        if let Some(beside) = beside {
            let size = u32::try_from(size_of::<RawFd>()).unwrap_or(4);
            message.msg_control = room.as_mut_ptr().cast();
            message.msg_controllen = libc::CMSG_SPACE(size) as _;
            let head = libc::CMSG_FIRSTHDR(ptr::from_ref(&message));
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(size) as _;
            ptr::write_unaligned(libc::CMSG_DATA(head).cast(), beside);
        }
        libc::sendmsg(to, ptr::from_ref(&message), libc::MSG_NOSIGNAL)
    };
    if sent < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Receives a message; no bytes mean that nobody is on the other side.
pub(crate) fn receive(from: RawFd) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let mut bytes = vec![0_u8; MOST_BYTES];
    let mut piece = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    let mut room = [0_u64; BESIDE_BYTES / 8];
    #[expect(unsafe_code, reason = "messages with descriptors have no safe form")]
    // SAFETY: every pointer is to something that lives until the call is over; what the kernel
    // puts beside a message is a descriptor that is new and nobody else's.
    let (count, beside) = unsafe {
        let mut message: libc::msghdr = MaybeUninit::zeroed().assume_init();
        message.msg_iov = ptr::from_mut(&mut piece);
        message.msg_iovlen = 1;
        message.msg_control = room.as_mut_ptr().cast();
        message.msg_controllen = BESIDE_BYTES as _;
        let count = loop {
            let count = libc::recvmsg(from, ptr::from_mut(&mut message), libc::MSG_CMSG_CLOEXEC);
            let interrupted =
                count < 0 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
            if !interrupted {
                break count;
            }
        };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut beside = None;
        let mut head = libc::CMSG_FIRSTHDR(ptr::from_ref(&message));
        while !head.is_null() {
            if (*head).cmsg_level == libc::SOL_SOCKET && (*head).cmsg_type == libc::SCM_RIGHTS {
                let number: RawFd = ptr::read_unaligned(libc::CMSG_DATA(head).cast());
                beside = Some(OwnedFd::from_raw_fd(number));
            }
            head = libc::CMSG_NXTHDR(ptr::from_ref(&message), head);
        }
        (count, beside)
    };
    bytes.truncate(usize::try_from(count).unwrap_or(0));
    Ok((bytes, beside))
}
