//! rename.

use super::script::check;

#[test]
fn files_replace_files_and_directories_empty_directories() {
    check(
        "
        create a 644
        write a 0 A
        create b 600
        write b 0 BB
        rename a b
        stat a => ENOENT
        read b 0 9 => \"A\"
        used => 1 bytes
        mkdir d 755
        mkdir e 755
        create e/f 644
        rename d e => ENOTEMPTY
        rename e d
        stat d/f
        stat e => ENOENT
        rename b d => EISDIR
        rename d b => ENOTDIR
        rename x y => ENOENT
        rename b x/y => ENOENT
        rename b/ c => ENOTDIR
        rename b c/ => ENOTDIR
        rename d/ g/
        stat g/f
        ",
    );
}

#[test]
fn a_directory_does_not_move_into_itself() {
    check(
        "
        mkdir a 755
        mkdir a/b 755
        mkdir a/b/c 755
        rename a a/x => EINVAL
        rename a a/b/c/x => EINVAL
        rename a/b/c a => ENOTEMPTY
        rename a/b a => ENOTEMPTY
        rename a a
        rename a/b/c c
        stat a/b => nlink=2
        stat / => nlink=4
        rename . x => EBUSY
        rename a/.. x => EBUSY
        rename a . => EBUSY
        rename a/b c
        stat c => nlink=2
        stat a => nlink=2
        ",
    );
}

#[test]
fn names_of_one_inode_stay_as_they_are() {
    check(
        "
        create a 644
        link a b
        rename a b
        stat a => nlink=2
        stat b => nlink=2
        ",
    );
}

#[test]
fn a_link_is_renamed_itself() {
    check(
        "
        create f 644
        symlink f l
        rename l m
        readlink m => f
        symlink g n
        rename m n
        readlink n => f
        rename f n
        lstat n => file
        ",
    );
}

#[test]
fn moving_a_directory_elsewhere_writes_it() {
    check(
        "
        mkdir a 777
        mkdir b 777
        mkdir a/d 755
        as 1000:1000
        rename a/d b/d => EACCES
        rename a/d a/e # in place its parent stays
        as 0:0
        rename a/e b/d
        stat a => nlink=2
        stat b => nlink=3
        ",
    );
}

#[test]
fn a_replaced_file_lives_on_while_it_is_open() {
    check(
        "
        create a 644
        create b 644
        write b 0 old
        hold h b r
        rename a b
        fread h 0 9 => \"old\"
        fstat h => nlink=0
        drop h
        used => 0 bytes
        ",
    );
}
