//! Reading, writing, truncating, and how much there may be.

use super::script::check;

#[test]
fn gaps_read_as_zeros() {
    check(
        r#"
        create f 644
        write f 3 abc
        read f 0 9 => "\x00\x00\x00abc"
        read f 6 9 => ""
        read f 99 9 => ""
        truncate f 8
        read f 4 9 => "bc\x00\x00"
        truncate f 4
        truncate f 6
        read f 0 9 => "\x00\x00\x00a\x00\x00"
        write f 8 z
        read f 3 9 => "a\x00\x00\x00\x00z"
        "#,
    );
}

#[test]
fn holes_take_no_memory() {
    check(
        r#"
        create f 644
        truncate f 9007199254740991
        stat f => size=9007199254740991 blocks=0
        used => 0 bytes
        read f 9007199254740989 9 => "\x00\x00"
        write f 9223372036854775807 x => EFBIG
        truncate f 9223372036854775808 => EFBIG
        write f 2 x
        stat f => size=9007199254740991 blocks=8
        used => 3 bytes
        write f 4294967294 abcd
        used => 196608 bytes
        write f 65534 ABCD
        used => 262144 bytes
        read f 65532 9 => "\x00\x00ABCD\x00\x00\x00"
        read f 4294967293 6 => "\x00abcd\x00"
        read f 0 4 => "\x00\x00x\x00"
        truncate f 4294967295
        used => 196608 bytes
        truncate f 4294967300
        read f 4294967293 9 => "\x00a\x00\x00\x00\x00\x00"
        truncate f 65536
        used => 65536 bytes
        read f 65533 9 => "\x00AB"
        truncate f 0
        used => 0 bytes
        budget 65536
        write f 2000000 x
        write f 4000000 x => ENOSPC
        stat f => size=2000001
        unlink f
        used => 0 bytes
        "#,
    );
}

#[test]
fn the_budget_is_kept() {
    check(
        "
        budget 10
        create a 644
        write a 0 0123456789
        create b 644
        write b 0 x => ENOSPC
        stat b => size=0
        write a 5 xx # in place
        write a 9 xx => ENOSPC
        read a 0 20 => \"01234xx789\"
        truncate a 5
        write b 0 12345
        unlink a
        unlink b
        used => 0 bytes
        ",
    );
}

#[test]
fn only_files_have_contents() {
    check(
        "
        mkdir d 755
        mkfifo p 644
        truncate d 0 => EISDIR
        truncate p 0 => EINVAL
        hold h d r
        fread h 0 1 => EISDIR
        hold p p rw
        fread p 0 1 => EINVAL
        fwrite p 0 x => EINVAL
        ",
    );
}

#[test]
fn writing_nothing_does_not_grow_a_file() {
    check(
        "
        create f 644
        write f 100 ''
        stat f => size=0
        ",
    );
}
