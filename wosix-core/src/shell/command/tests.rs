use super::{PROGRAMS, columns, find, human};

#[test]
fn programs_are_sorted_so_that_they_can_be_found() {
    for program in PROGRAMS {
        assert_eq!(
            find(program.name).map(|found| found.name),
            Some(program.name)
        );
    }
}

#[test]
fn names_of_programs_agree_with_what_the_host_registers() {
    let listed = include_str!("../../../../js-facade/src/guest/native/program-names.ts");
    let listed: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.trim().strip_prefix('\'')?.strip_suffix("',"))
        .filter(|name| !matches!(*name, "npm" | "npx"))
        .collect();
    let table: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
    assert_eq!(listed, table);
}

#[test]
fn columns_fill_from_top_to_bottom() {
    let names: Vec<String> = ["a", "bb", "c"].map(String::from).to_vec();
    assert_eq!(columns(&names, 80), "a  bb  c\n");
    assert_eq!(columns(&names, 6), "a   c\nbb\n");
}

#[test]
fn sizes_round_up() {
    assert_eq!(human(1023), "1023");
    assert_eq!(human(1025), "1.1K");
    assert_eq!(human(10 * 1024 * 1024 + 1), "11M");
}
