//! Names, lines, Markdown, slugs, tags and phone numbers: what is kept, what is refused and why.

use proptest::prelude::*;

use super::*;
use crate::locale::Language;

fn code<T: std::fmt::Debug>(checked: Checked<T>) -> &'static str {
    checked.unwrap_err().code()
}

#[test]
fn names_of_every_script_are_kept_in_normal_form() {
    for (text, expected) in [
        ("  Zoe\u{308} Müller ", "Zoë Müller"),
        ("شركة النور\u{200f}", "شركة النور\u{200f}"),
        ("שלום", "שלום"),
        ("李小龍", "李小龍"),
        ("R&D / 100 % <b>", "R&D / 100 % <b>"),
        ("👩\u{200d}🚀 Studio", "👩\u{200d}🚀 Studio"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
    ] {
        assert_eq!(name(text, "name"), Ok(expected.to_owned()));
    }
}

#[test]
fn names_that_show_nothing_are_missing() {
    for text in
        ["", "   ", "\t\n", "\u{a0}", "\u{200d}", "\u{200f}\u{200e}", "\u{301}", "\u{fe0f}", "\u{2800}"]
    {
        assert_eq!(code(name(text, "name")), "required", "{}", text.escape_unicode());
    }
}

#[test]
fn names_with_deceiving_characters_are_refused_by_code_point() {
    for character in [
        '\u{0}',
        '\n',
        '\t',
        '\u{7f}',
        '\u{85}',
        '\u{200b}',
        '\u{202a}',
        '\u{202e}',
        '\u{2066}',
        '\u{2069}',
        '\u{2028}',
        '\u{2060}',
        '\u{feff}',
        '\u{fffe}',
        '\u{1ffff}',
        '\u{fdd0}',
        '\u{3164}',
    ] {
        let error = name(&format!("a{character}b"), "owner.name").unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.code()),
            ("owner.name", "forbidden_character"),
            "{character:?}"
        );
        let said = error.message.render(Language::En);
        assert!(said.contains(&format!("U+{:04X}", u32::from(character))), "{said}");
    }
}

#[test]
fn length_is_counted_as_people_do_and_bounded_in_bytes() {
    assert!(name(&"é".repeat(100), "name").is_ok());
    assert!(name(&"e\u{301}".repeat(100), "name").is_ok());
    assert!(name(&"語".repeat(100), "name").is_ok());
    assert_eq!(code(name(&"é".repeat(101), "name")), "too_long");
    assert_eq!(code(name(&format!("a{}", "\u{20dd}".repeat(200)), "name")), "too_long");
    assert_eq!(code(name(&"a".repeat(10_000_000), "name")), "too_long");
    let said = line("abcd", "code", 3).unwrap_err().message.render(Language::Fr);
    assert_eq!(said, "C'est trop long : 3 caractères au plus.");
}

#[test]
fn blank_optional_line_is_none() {
    assert_eq!(optional_line(None, "title", 10), Ok(None));
    assert_eq!(optional_line(Some(" \n"), "title", 10), Ok(None));
    assert_eq!(optional_line(Some(" CEO "), "title", 10), Ok(Some("CEO".to_owned())));
    assert_eq!(code(optional_line(Some("a\u{0}"), "title", 10)), "forbidden_character");
}

#[test]
fn markdown_keeps_its_lines_and_loses_trailing_blanks() {
    let kept = markdown("# Title\r\n\r\n- one\r- two\tx\n\n  ", "body", 100).unwrap();
    assert_eq!(kept, "# Title\n\n- one\n- two\tx");
    assert_eq!(markdown("    code\n", "body", 100), Ok("    code".to_owned()));
    assert_eq!(markdown(" \n ", "body", 100), Ok(String::new()));
    assert_eq!(code(markdown("a\u{0}", "body", 100)), "forbidden_character");
    assert_eq!(code(markdown("a\u{202e}b", "body", 100)), "forbidden_character");
    assert_eq!(code(markdown(&"é".repeat(51), "body", 100)), "too_long");
}

#[test]
fn slugs_can_stand_in_a_domain_name() {
    for text in ["acme", "studio-7", "a1b", &"a".repeat(40)] {
        assert_eq!(slug(text, "slug"), Ok(text.to_owned()));
    }
    for text in
        ["", "ab", "Acme", "-acme", "acme-", "ac--me", "7up", "ac me", "acmé", "xn--abc", &"a".repeat(41)]
    {
        assert_eq!(code(slug(text, "slug")), "bad_slug", "{text}");
    }
}

#[test]
fn slugs_of_the_platform_are_reserved() {
    for text in RESERVED_SLUGS {
        assert_eq!(code(slug(text, "slug")), "reserved_slug", "{text}");
    }
}

#[test]
fn tags_are_kept_once_in_their_order() {
    let kept = tags(&["Urgent", " design ", "urgent", "ÉTÉ", "été"], "tags").unwrap();
    assert_eq!(kept, ["Urgent", "design", "ÉTÉ"]);
}

#[test]
fn wrong_tag_is_named_by_its_place() {
    let error = tags(&["fine", " "], "tags").unwrap_err();
    assert_eq!((error.path.as_str(), error.code()), ("tags.1", "required"));
    assert_eq!(code(tags(&vec!["a"; TAGS_MAX + 1], "tags")), "too_many");
}

#[test]
fn phone_numbers_are_stored_without_their_dressing() {
    for (text, expected) in [
        ("+33 1 23 45 67 89", "+33123456789"),
        ("0033 (1) 23.45-67/89", "+33123456789"),
        ("01 23 45 67 89", "0123456789"),
        (" 12345 ", "12345"),
    ] {
        assert_eq!(phone(text, "phone"), Ok(expected.to_owned()));
    }
    for text in
        ["", "1234", "+0123456", "+1234567890123456", "12345 x7", "call me", "+", "++3312345", "١٢٣٤٥"]
    {
        assert_eq!(code(phone(text, "phone")), "bad_phone", "{text}");
    }
}

proptest! {
    #[test]
    fn kept_lines_are_kept_again_unchanged(text in "\\PC{0,40}") {
        if let Ok(kept) = line(&text, "name", 40) {
            prop_assert_eq!(line(&kept, "name", 40), Ok(kept.clone()));
            prop_assert!(kept.len() <= 120);
        }
    }

    #[test]
    fn kept_markdown_is_kept_again_unchanged(text in "[ \\t\\r\\na-zé*#]{0,60}") {
        if let Ok(kept) = markdown(&text, "body", 80) {
            prop_assert_eq!(markdown(&kept, "body", 80), Ok(kept.clone()));
        }
    }

    #[test]
    fn text_around_a_nul_passes_no_check(before: String, after in "[a-z0-9]{1,5}") {
        let text = format!("{before}\u{0}{after}");
        prop_assert!(name(&text, "x").is_err());
        prop_assert!(markdown(&text, "x", 10).is_err());
        prop_assert!(slug(&text, "x").is_err());
        prop_assert!(phone(&text, "x").is_err());
    }
}
