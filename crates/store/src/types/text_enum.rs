//! Enums stored as text.

use diesel::deserialize;

/// An enum whose values are stored as text.
pub(crate) trait StoredEnum: Copy + Sized + 'static {
    /// The stored text of the value.
    fn as_text(self) -> &'static str;
    /// The value with that text, or `None` if there is none.
    fn from_text(text: &str) -> Option<Self>;
}

pub(super) fn read<T: StoredEnum>(text: &str) -> deserialize::Result<T> {
    T::from_text(text).ok_or_else(|| format!("unknown value {text}").into())
}

/// Implements [`StoredEnum`] and the SQL type [`TextEnum`](super::sql::TextEnum) for enums.
macro_rules! stored_enum {
    ($($rust:ty { $($variant:ident = $text:literal),+ $(,)? })+) => {$(
        impl $crate::types::StoredEnum for $rust {
            fn as_text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl diesel::serialize::ToSql<$crate::types::sql::TextEnum, diesel::pg::Pg> for $rust {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, $crate::types::StoredEnum::as_text(*self).as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<$crate::types::sql::TextEnum, diesel::pg::Pg> for $rust {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                $crate::types::text_enum::read(std::str::from_utf8(value.as_bytes())?)
            }
        }

        impl diesel::serialize::ToSql<$crate::types::sql::TextEnum, diesel::sqlite::Sqlite> for $rust {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
            ) -> diesel::serialize::Result {
                out.set_value($crate::types::StoredEnum::as_text(*self));
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<$crate::types::sql::TextEnum, diesel::sqlite::Sqlite> for $rust {
            fn from_sql(mut value: diesel::sqlite::SqliteValue<'_, '_, '_>) -> diesel::deserialize::Result<Self> {
                $crate::types::text_enum::read(value.read_text())
            }
        }
    )+};
}

pub(super) use stored_enum;
