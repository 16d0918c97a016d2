//! The programs that run another program, as data.

/// A program that runs another one.
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    /// Options that take the next word.
    pub(super) flags: &'static str,
    /// Words of its own before the command.
    pub(super) operands: usize,
    /// True when the words are handed to a shell as one text.
    pub(super) shell: bool,
    /// True when the command may begin at any word.
    pub(super) anywhere: bool,
}

const fn plain(name: &'static str, flags: &'static str, operands: usize) -> Wrapper {
    Wrapper {
        name,
        flags,
        operands,
        shell: false,
        anywhere: false,
    }
}

const fn none_before(name: &'static str, flags: &'static str) -> Wrapper {
    Wrapper {
        name,
        flags,
        operands: 0,
        shell: false,
        anywhere: false,
    }
}

const fn shell(name: &'static str, flags: &'static str) -> Wrapper {
    Wrapper {
        name,
        flags,
        operands: 0,
        shell: true,
        anywhere: false,
    }
}

const fn anywhere(name: &'static str) -> Wrapper {
    Wrapper {
        name,
        flags: "",
        operands: 0,
        shell: false,
        anywhere: true,
    }
}

/// Every known one.
pub(super) const WRAPPERS: &[Wrapper] = &[
    plain("timeout", "-k: -s: --kill-after: --signal:", 1),
    plain("gtimeout", "-k: -s: --kill-after: --signal:", 1),
    plain("time", "-f: -o: --format: --output:", 0),
    plain("nice", "-n: --adjustment:", 0),
    plain("nohup", "", 0),
    plain("stdbuf", "-o: -e: -i: --output: --error: --input:", 0),
    plain("command", "", 0),
    plain("builtin", "", 0),
    plain("noglob", "", 0),
    plain("nocorrect", "", 0),
    plain("-", "", 0),
    plain("exec", "-a:", 0),
    plain("repeat", "", 1),
    plain("busybox", "", 0),
    plain("toybox", "", 0),
    plain("setsid", "", 0),
    plain(
        "ionice",
        "-c: -n: -p: -P: -u: --class: --classdata: --pid:",
        0,
    ),
    plain(
        "chrt",
        "-T: -P: -D: --sched-runtime: --sched-period: --sched-deadline:",
        1,
    ),
    plain("taskset", "", 1),
    plain(
        "flock",
        "-w: -E: --timeout: --wait: --conflict-exit-code:",
        1,
    ),
    plain(
        "xargs",
        "-a: -d: -E: -I: -L: -n: -P: -s: --arg-file: --delimiter: --eof: --replace: --max-lines: --max-args: --max-procs: --max-chars: --process-slot-var:",
        0,
    ),
    plain(
        "strace",
        "-e: -o: -p: -s: -u: -E: -a: -b: -I: -O: -S: -P: -X: --trace: --output: --user:",
        0,
    ),
    plain(
        "ltrace",
        "-e: -o: -p: -s: -u: -a: -A: -D: -l: -n: -x: -w: -F:",
        0,
    ),
    plain("chroot", "--userspec: --groups:", 1),
    plain("caffeinate", "-t: -w:", 0),
    plain("pkexec", "--user:", 0),
    none_before("env", "-u: -C: -S: --unset: --chdir: --split-string:"),
    none_before(
        "sudo",
        "-u: -g: -h: -p: -C: -r: -t: -T: -U: -D: -R: --user: --group: --host: --prompt: --close-from: --role: --type: --other-user: --chdir: --chroot:",
    ),
    none_before("doas", "-u: -C:"),
    shell("watch", "-n: --interval: -q: --equexit: -s: --shotsdir:"),
    shell(
        "parallel",
        "-j: -n: -N: -a: -I: -L: -P: -S: --jobs: --joblog: --arg-file: --max-args: --sshlogin: --results: --timeout: --delay: --colsep:",
    ),
    anywhere("unshare"),
    anywhere("nsenter"),
    anywhere("systemd-run"),
    anywhere("setpriv"),
    anywhere("firejail"),
    anywhere("bwrap"),
    anywhere("fakeroot"),
    anywhere("proot"),
    anywhere("unbuffer"),
    anywhere("rlwrap"),
    anywhere("xvfb-run"),
    anywhere("dbus-run-session"),
    anywhere("torsocks"),
    anywhere("proxychains"),
    anywhere("proxychains4"),
    anywhere("perf"),
    anywhere("valgrind"),
    anywhere("gdb"),
    anywhere("hyperfine"),
    anywhere("entr"),
    anywhere("cpulimit"),
    anywhere("prlimit"),
    anywhere("numactl"),
    anywhere("runcon"),
    anywhere("start-stop-daemon"),
    anywhere("daemonize"),
    anywhere("expect"),
    anywhere("chpst"),
    anywhere("setarch"),
    anywhere("linux64"),
    anywhere("catchsegv"),
    anywhere("direnv"),
    anywhere("mise"),
    anywhere("devbox"),
];
