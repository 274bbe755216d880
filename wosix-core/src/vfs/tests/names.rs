//! mkdir, rmdir, unlink, open by name, readdir, and the limits of names.

use super::script::check;

#[test]
fn directories_count_their_subdirectories() {
    check(
        "
        mkdir a 755
        stat a => directory mode=755 nlink=2
        mkdir a/b 700
        stat a => nlink=3
        stat / => nlink=3
        rmdir a/b
        stat a => nlink=2
        mkdir a 755 => EEXIST
        ",
    );
}

#[test]
fn entries_are_listed_in_the_order_they_were_made() {
    check(
        "
        create c 644
        create a 644
        mkdir b 755
        ls / => c a b
        unlink a
        create a 644
        ls / => c b a
        ls c => ENOTDIR
        ls d => ENOENT
        ",
    );
}

#[test]
fn a_missing_component_is_enoent_and_a_file_on_the_way_enotdir() {
    check(
        "
        create f 644
        stat x => ENOENT
        stat x/y => ENOENT
        stat f/y => ENOTDIR
        stat f/ => ENOTDIR
        stat f/. => ENOTDIR
        stat f/.. => ENOTDIR
        stat '' => ENOENT
        mkdir f/d 755 => ENOTDIR
        open f/g creat,w => ENOTDIR
        ",
    );
}

#[test]
fn slashes_and_dots_are_as_on_linux() {
    check(
        "
        mkdir a 755
        mkdir a/b/ 755
        create a/f 644
        stat //a///b//
        stat a/./b/../f
        stat a/b/../../a/f
        stat ../../a
        stat /
        open x/ creat,w => EISDIR
        open a/ creat,w => EISDIR
        open a/f/ creat,w => EISDIR
        open a/f/ r => ENOTDIR
        open . creat,w => EISDIR
        open a w => EISDIR
        open a creat => EISDIR
        open a trunc => EISDIR
        open a r
        mkdir a/. 755 => EEXIST
        mkdir / 755 => EEXIST
        mkfifo q/ 644 => ENOENT
        symlink t q/ => ENOENT
        link a/f q/ => ENOENT
        ",
    );
}

#[test]
fn removing_checks_the_kind() {
    check(
        "
        mkdir a 755
        create a/f 644
        symlink a l
        unlink a => EISDIR
        unlink a/ => EISDIR
        unlink a/f/ => ENOTDIR
        unlink . => EISDIR
        unlink x/ => ENOENT
        rmdir a/f => ENOTDIR
        rmdir a => ENOTEMPTY
        rmdir l => ENOTDIR
        rmdir l/ => ENOTDIR
        rmdir a/. => EINVAL
        rmdir a/.. => ENOTEMPTY
        rmdir / => EBUSY
        rmdir x => ENOENT
        unlink a/f
        rmdir a/
        stat a => ENOENT
        lstat l => symlink
        ",
    );
}

#[test]
fn names_have_255_bytes_and_paths_4095() {
    check(
        "
        create n*255 644
        unlink n*255
        create n*256 644 => ENAMETOOLONG
        stat n*256 => ENAMETOOLONG
        stat n*256/x => ENAMETOOLONG
        stat ./*2047
        stat ./*2048 => ENAMETOOLONG
        symlink t*4096 l => ENAMETOOLONG
        symlink t*4095 l
        symlink '' m => ENOENT
        ",
    );
}

#[test]
fn open_obeys_its_flags() {
    check(
        "
        open f rw => ENOENT
        open f creat,w
        open f creat,excl,w => EEXIST
        open f dir => ENOTDIR
        open f creat,dir => EINVAL
        open . dir,tmpfile,rw => EOPNOTSUPP
        symlink nowhere l
        open l r => ENOENT
        open l nofollow => ELOOP
        open l nofollow,path
        open l nofollow,dir => ENOTDIR
        open l creat,excl,w => EEXIST
        open l creat,nofollow,w => ELOOP
        open l creat,w
        stat nowhere => file
        mksocket s 644
        open s r => ENXIO
        mkfifo p 600
        stat p => fifo mode=600
        open p r
        ",
    );
}

#[test]
fn a_removed_file_lives_on_while_it_is_open() {
    check(
        "
        create f 644
        write f 0 hello
        hold h f rw
        unlink f
        stat f => ENOENT
        fstat h => nlink=0 size=5
        fread h 0 9 => \"hello\"
        fwrite h 5 !
        fread h 0 9 => \"hello!\"
        fpath h => ENOENT
        used => 6 bytes
        drop h
        used => 0 bytes
        ",
    );
}

#[test]
fn a_removed_working_directory_takes_no_new_names() {
    check(
        "
        mkdir a 755
        cd a
        pwd => /a
        rename /a /b
        pwd => /b
        rmdir /b
        pwd => ENOENT
        create f 644 => ENOENT
        mkdir d 755 => ENOENT
        symlink t l => ENOENT
        stat .. => ENOENT
        stat . => nlink=0
        ls . => ok
        ",
    );
}

#[test]
fn times_follow_what_happens() {
    check(
        "
        time 10
        mkdir d 755
        stat d => atime=10 mtime=10 ctime=10 btime=10
        time 20
        create d/f 644
        stat d => mtime=20 ctime=20 btime=10
        time 30
        write d/f 0 x
        stat d/f => mtime=30 ctime=30 atime=20 btime=20
        stat d => mtime=20
        time 40
        read d/f 0 1 => \"x\"
        stat d/f => atime=40 mtime=30
        time 50
        read d/f 0 1 => \"x\"
        stat d/f => atime=40 # once after each change
        chmod d/f 600
        stat d/f => ctime=50 mtime=30
        time 60
        link d/f d/g
        stat d/f => ctime=60
        stat d => mtime=60 ctime=60
        time 70
        unlink d/g
        stat d/f => ctime=70
        stat d => mtime=70
        time 80
        rename d/f d/h
        stat d/h => ctime=80 mtime=30
        stat d => mtime=80
        time 90
        truncate d/h 0
        stat d/h => mtime=90 ctime=90
        time 100
        open d/h w,trunc
        stat d/h => mtime=100
        utimes d/h 1 2
        stat d/h => atime=1 mtime=2 ctime=100
        utimes d/h omit 3
        stat d/h => atime=1 mtime=3
        utimes d/h now omit
        stat d/h => atime=100 mtime=3
        ",
    );
}
