use super::dangerous;

#[test]
fn keys_that_run_or_read_something_are_found_however_they_are_written() {
    let text = "[core]\n\tbare = false\n\tFsMonitor = touch x\n\thooksPath=.husky # ours\n\
        [core] pager = less\n\
        [filter \"a.B \\\"c\\\"\"]\n\tclean = sh \\\n  -c y\n\
        [filter.old]\nSMUDGE = z\n\
        [alias]\n\tst = status\n\tx = !touch y\n\
        [diff \"bin\"]\n\ttextconv = strings\n\
        [submodule \"s\"]\n\tupdate = !touch z\n\turl = https://h.example/s\n\
        [includeIf \"gitdir:/\"]\n\tpath = ../evil\n\
        [credential]\n\thelper = !touch w\n\
        [credential \"https://h.example\"]\n\thelper = store\n\
        ; [core] editor = no\n\
        [user]\n\temail = $(touch v)@x\n\
        [remote \"origin\"]\n\turl = ssh://h.example/x\n";
    let found: Vec<String> = dangerous(text)
        .into_iter()
        .map(|(line, key, value)| format!("{line}: {key} = {value}"))
        .collect();
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn what_is_turned_off_is_not_listed() {
    let text = "[core]\n\tfsmonitor = true\n\tpager = false\n\thooksPath =\n";
    assert_eq!(dangerous(text), []);
}
