//! Hard and symbolic links.

use super::script::check;

#[test]
fn hard_links_share_the_inode() {
    check(
        "
        create a 644
        link a b
        stat a => nlink=2
        write b 0 x
        read a 0 9 => \"x\"
        unlink a
        stat b => nlink=1 size=1
        link b b => EEXIST
        link x y => ENOENT
        mkdir d 755
        link d e => EPERM
        link b d => EEXIST
        symlink b s
        link s t # the link itself
        lstat t => symlink nlink=2
        ",
    );
}

#[test]
fn symbolic_links_are_followed_on_the_way_and_at_the_end() {
    check(
        "
        mkdir d 755
        create d/f 644
        symlink d l
        symlink d/f m
        symlink ../d/f d/up
        symlink /d/f abs
        stat l/f => file
        stat l => directory
        lstat l => symlink mode=777 size=1
        lstat l/ => directory
        stat m => file
        stat d/up => file
        stat abs
        readlink m => d/f
        readlink d => EINVAL
        real d/../l/up => /d/f
        real / => /
        real l => /d
        stat m/ => ENOTDIR
        symlink nowhere n
        stat n => ENOENT
        mkdir n 755 => EEXIST
        mkdir n/ 755 => EEXIST
        symlink x n => EEXIST
        open n r => ENOENT
        lchmod l 600 => EOPNOTSUPP
        chmod l 700
        stat d => mode=700
        lchown l 5:6
        lstat l => owner=5:6
        stat d => owner=0:0
        ",
    );
}

#[test]
fn a_loop_is_eloop_and_forty_links_are_enough() {
    check(
        "
        symlink a b
        symlink b a
        stat a => ELOOP
        stat a/x => ELOOP
        open a creat,w => ELOOP
        lstat a => symlink
        symlink self self
        truncate self 0 => ELOOP
        ",
    );
    let chain = |length: usize| {
        let links = (0..length).map(|index| format!("symlink l{} l{index}\n", index + 1));
        format!("create l{length} 644\n{}", links.collect::<String>())
    };
    check(&format!("{}stat l0 => file", chain(40)));
    check(&format!("{}stat l0 => ELOOP", chain(41)));
    check(&format!("{}open l0 creat,w", chain(40)));
    check(&format!("{}open l0 creat,w => ELOOP", chain(41)));
}

#[test]
fn creating_through_a_link_makes_its_target() {
    check(
        "
        mkdir d 755
        symlink d/new l
        open l creat,w
        stat d/new => file
        symlink missing/new m
        open m creat,w => ENOENT
        symlink ../top d/up
        open d/up creat,w
        stat top => file
        symlink d/ s
        open s creat,w => EISDIR
        ",
    );
}

#[test]
fn real_path_prefers_the_name_asked_for() {
    check(
        "
        mkdir d 755
        create d/a 644
        link d/a d/b
        real d/a => /d/a
        real d/./b => /d/b
        real d/x => ENOENT
        ",
    );
}
