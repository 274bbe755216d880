//! Who may do what.

use super::script::check;

#[test]
fn one_class_of_bits_decides() {
    check(
        "
        create f 604
        chown f 1000:50
        as 1000:1000
        access f r
        access f w
        access f x => EACCES
        as 2000:50
        access f r => EACCES # the group's bits, though others may
        as 2000:2000,50
        access f r => EACCES
        as 3000:3000
        access f r
        access f w => EACCES
        as 0:0
        access f rw
        access f x => EACCES
        chmod f 001
        access f rwx
        ",
    );
}

#[test]
fn search_and_write_permission_on_directories() {
    check(
        "
        mkdir d 755
        create d/f 666
        mkdir d/e 777
        as 1000:1000
        stat d/f
        create d/g 644 => EACCES
        unlink d/f => EACCES
        unlink d/x => ENOENT
        rmdir d/e => EACCES
        rename d/f d/e/f => EACCES
        link d/f d/g => EACCES
        symlink t d/l => EACCES
        mkdir d/h 755 => EACCES
        as 0:0
        chmod d 666
        as 1000:1000
        stat d/f => EACCES
        stat d/x => EACCES
        open d/f r => EACCES
        cd d => EACCES
        ls d => f e
        as 0:0
        chmod d 333
        as 1000:1000
        ls d => EACCES
        stat d/f
        create d/g 644
        stat d/g => owner=1000:1000 mode=644
        ",
    );
}

#[test]
fn sticky_directories_keep_names_for_their_owners() {
    check(
        "
        mkdir t 1777
        as 1000:1000
        create t/a 666
        mkdir t/d 777
        as 2000:2000
        create t/b 666
        unlink t/a => EPERM
        rmdir t/d => EPERM
        rename t/a t/c => EPERM
        rename t/b t/a => EPERM
        rename t/b t/c
        unlink t/c
        as 1000:1000
        rename t/a t/c
        unlink t/c
        as 0:0
        rmdir t/d
        ",
    );
}

#[test]
fn opening_checks_the_access_mode() {
    check(
        "
        create f 444
        as 1000:1000
        open f r
        open f w => EACCES
        open f rw => EACCES
        open f trunc => EACCES
        open f noatime => EPERM
        truncate f 0 => EACCES
        as 0:0
        chmod f 222
        as 1000:1000
        open f r => EACCES
        open f w
        truncate f 3
        as 0:0
        chmod / 777
        as 1000:1000
        hold h new creat,rw # the mode does not bind who creates
        fwrite h 0 x
        drop h
        ",
    );
}

#[test]
fn only_the_owner_changes_attributes() {
    check(
        "
        create f 644
        as 1000:1000
        chmod f 600 => EPERM
        chown f 1000:1000 => EPERM
        utimes f 1 2 => EPERM
        utimes f now now => EACCES
        as 0:0
        chmod f 666
        as 1000:1000
        utimes f now now
        utimes f now omit => EPERM
        utimes f omit omit
        as 0:0
        chown f 1000:1000
        as 1000:1000,50
        chmod f 600
        utimes f 1 2
        chown f 1000:50
        chown f -:1000
        chown f 2000:- => EPERM
        chown f -:51 => EPERM
        stat f => owner=1000:1000 mode=600
        ",
    );
}

#[test]
fn set_id_bits_go_when_contents_or_owner_change() {
    check(
        "
        create f 6755
        chmod f 6755
        stat f => mode=6755
        write f 0 x # root may
        stat f => mode=6755
        chown f 1000:1000
        stat f => mode=755
        chmod f 6777
        as 2000:2000
        write f 0 y
        stat f => mode=777
        as 0:0
        chmod f 2666
        as 2000:2000
        truncate f 1
        stat f => mode=2666 # without group execute it is no set-gid
        as 0:0
        chmod f 4777
        chown f -:-
        stat f => mode=777
        mkdir d 6755
        chmod d 6755
        chown d 1000:1000
        stat d => mode=6755
        as 1000:50
        chmod d 2755
        stat d => mode=755 # not in the directory's group
        ",
    );
}

#[test]
fn set_gid_directories_pass_their_group_on() {
    check(
        "
        mkdir d 777
        chown d 0:50
        chmod d 2777
        as 1000:1000
        create d/f 644
        stat d/f => owner=1000:50 mode=644
        mkdir d/e 755
        stat d/e => owner=1000:50 mode=2755
        ",
    );
}

#[test]
fn devices_are_for_root() {
    check(
        "
        chmod / 777
        mkdev n 666 259
        stat n => char rdev=259 mode=666
        as 1000:1000
        mkdev m 666 259 => EPERM
        mkfifo p 644
        mount / 755 => EPERM
        ",
    );
}
