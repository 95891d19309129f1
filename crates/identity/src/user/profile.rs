//! Changing one's own profile.

use async_graphql::{InputObject, MaybeUndefined};
use kernel::{
    Fields, Result,
    act::expect_version,
    db::Db,
    id::{TypedId, UserId},
    locale::{Locale, TimeZone},
    patch,
    scalar::Url,
    text,
    viewer::Viewer,
};

use super::{entity::Model, fetch, in_person};
use crate::service::{Identity, set};

/// Changes of one's own profile; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub struct UpdateProfileInput {
    /// The version that was seen; a stale one is a CONFLICT.
    pub expected_version: Option<i64>,
    /// Given name: 1 to 100 characters.
    pub given_name: MaybeUndefined<String>,
    /// Family name: 1 to 100 characters.
    pub family_name: MaybeUndefined<String>,
    /// Where the picture is; null takes it away.
    pub avatar_url: MaybeUndefined<Url>,
    /// Phone number; null takes it away.
    pub phone: MaybeUndefined<String>,
    /// Where they work, at most 100 characters; null takes it away.
    pub company: MaybeUndefined<String>,
    /// Language and formats.
    pub locale: MaybeUndefined<Locale>,
    /// Where the days begin and end.
    pub time_zone: MaybeUndefined<TimeZone>,
}

/// Changes the profile of the person who acts.
///
/// # Errors
/// FORBIDDEN for a key, INVALID, CONFLICT for a stale version.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    identity: &Identity,
    input: UpdateProfileInput,
) -> Result<Model> {
    let me = in_person(viewer)?;
    let (expected, change) = (input.expected_version, Change::read(input)?);
    let changed = viewer
        .act(db, "identity.user.update_profile", async |act| {
            let before = fetch(act.conn(), me).await?;
            expect_version(UserId::TYPE, expected, before.version)?;
            let after = change.apply(before.clone());
            act.update(&before, after).await
        })
        .await?;
    identity.forget(viewer.tenant_id(), Some(me));
    Ok(changed)
}

/// The checked input.
struct Change {
    given_name: Option<String>,
    family_name: Option<String>,
    avatar_url: Option<Option<Url>>,
    phone: Option<Option<String>>,
    company: Option<Option<String>>,
    locale: Option<Locale>,
    time_zone: Option<TimeZone>,
}

impl Change {
    fn read(input: UpdateProfileInput) -> Result<Self> {
        let UpdateProfileInput {
            expected_version: _,
            given_name,
            family_name,
            avatar_url,
            phone,
            company,
            locale,
            time_zone,
        } = input;
        let mut fields = Fields::new();
        let at = &mut fields;
        let change = Self {
            given_name: patch::checked(given_name, "givenName", at, |name, path| text::name(&name, path)),
            family_name: patch::checked(family_name, "familyName", at, |name, path| text::name(&name, path)),
            avatar_url: patch::optional(avatar_url),
            phone: patch::optional_checked(phone, "phone", at, |phone, path| {
                if phone.trim().is_empty() { Ok(None) } else { text::phone(&phone, path).map(Some) }
            }),
            company: patch::optional_checked(company, "company", at, |company, path| {
                text::optional_line(Some(&company), path, text::NAME_MAX)
            }),
            locale: patch::required(locale, "locale", at),
            time_zone: patch::required(time_zone, "timeZone", at),
        };
        fields.check()?;
        Ok(change)
    }

    fn apply(&self, mut user: Model) -> Model {
        let Self { given_name, family_name, avatar_url, phone, company, locale, time_zone } = self;
        set(&mut user.given_name, given_name.clone());
        set(&mut user.family_name, family_name.clone());
        set(&mut user.avatar_url, avatar_url.clone());
        set(&mut user.phone, phone.clone());
        set(&mut user.company, company.clone());
        set(&mut user.locale, locale.clone());
        set(&mut user.time_zone, *time_zone);
        user
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn nothing() -> UpdateProfileInput {
        UpdateProfileInput {
            expected_version: None,
            given_name: MaybeUndefined::Undefined,
            family_name: MaybeUndefined::Undefined,
            avatar_url: MaybeUndefined::Undefined,
            phone: MaybeUndefined::Undefined,
            company: MaybeUndefined::Undefined,
            locale: MaybeUndefined::Undefined,
            time_zone: MaybeUndefined::Undefined,
        }
    }

    #[test]
    fn fields_left_out_stay() {
        let user = testing::user();
        assert_eq!(Change::read(nothing()).unwrap().apply(user.clone()), user);
    }

    #[test]
    fn null_and_blank_take_away_what_may_be_absent_and_nothing_else() {
        let user =
            Model { phone: Some("+33123456789".into()), company: Some("Acme".into()), ..testing::user() };
        let input = UpdateProfileInput {
            phone: MaybeUndefined::Null,
            company: MaybeUndefined::Value("  ".into()),
            ..nothing()
        };
        let after = Change::read(input).unwrap().apply(user);
        assert_eq!((after.phone, after.company), (None, None));
        let input = UpdateProfileInput { given_name: MaybeUndefined::Null, ..nothing() };
        assert_eq!(Change::read(input).err().unwrap().code(), "INVALID");
    }

    #[test]
    fn name_of_300_characters_and_name_with_nul_are_refused() {
        for name in ["x".repeat(300), "Ada\0".to_owned(), " ".to_owned()] {
            let input = UpdateProfileInput { given_name: MaybeUndefined::Value(name), ..nothing() };
            assert_eq!(Change::read(input).err().unwrap().code(), "INVALID");
        }
    }
}
