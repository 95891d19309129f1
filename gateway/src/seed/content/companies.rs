//! Client companies.

/// A company that buys from an agency.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    /// What everybody calls it.
    pub name: &'static str,
    /// What stands in the register.
    pub legal_name: &'static str,
    /// Its mail and web domain, under the reserved `.example`.
    pub domain: &'static str,
    /// What it does.
    pub industry: &'static str,
    /// The language its people are written to in.
    pub locale: &'static str,
}

const fn company(
    name: &'static str,
    legal_name: &'static str,
    domain: &'static str,
    industry: &'static str,
    locale: &'static str,
) -> Company {
    Company { name, legal_name, domain, industry, locale }
}

/// The clients of Acme Studio. The client users belong to the first.
pub const ACME: [Company; 12] = [
    company("Hafenkante Brauerei", "Hafenkante Brauerei GmbH", "hafenkante.example", "Food & drink", "de"),
    company("Clinique du Lac", "Clinique du Lac SA", "clinique-du-lac.example", "Health", "fr"),
    company("Nordlicht Energie", "Nordlicht Energie eG", "nordlicht.example", "Energy", "de"),
    company("Atelier Rosenholz", "Atelier Rosenholz e.K.", "rosenholz.example", "Furniture", "de"),
    company("Viñedos del Sur", "Viñedos del Sur S.L.", "vinedosdelsur.example", "Food & drink", "es"),
    company("Fjordbanken", "Fjordbanken ASA", "fjordbanken.example", "Banking", "nb"),
    company("Museum am Kanal", "Stiftung Museum am Kanal", "museum-am-kanal.example", "Culture", "de"),
    company("Żuraw Logistyka", "Żuraw Logistyka Sp. z o.o.", "zuraw.example", "Logistics", "pl"),
    company("Kindred Schools", "Kindred Schools Ltd", "kindred.example", "Education", "en"),
    company("Officina Bellini", "Officina Bellini S.r.l.", "bellini.example", "Manufacturing", "it"),
    company("Grünfeld Apotheken", "Grünfeld Apotheken OHG", "gruenfeld.example", "Health", "de"),
    company("דגן מאפיות", "דגן מאפיות בע״מ", "dagan.example", "Food & drink", "he"),
];

/// The clients of Globex Digital. The client users belong to the first.
pub const GLOBEX: [Company; 12] = [
    company("Harbor & Pine", "Harbor & Pine LLC", "harborandpine.example", "Retail", "en"),
    company("Blue Mesa Health", "Blue Mesa Health, Inc.", "bluemesa.example", "Health", "en"),
    company("Lakeshore Credit Union", "Lakeshore Federal Credit Union", "lakeshore.example", "Banking", "en"),
    company("Métro Québec Média", "Métro Québec Média inc.", "mqm.example", "Media", "fr-CA"),
    company("Sunward Solar", "Sunward Solar Corp.", "sunward.example", "Energy", "en"),
    company("Ironbridge Freight", "Ironbridge Freight, Inc.", "ironbridge.example", "Logistics", "en"),
    company("Casa Jacaranda", "Casa Jacaranda S.A. de C.V.", "jacaranda.example", "Hospitality", "es-MX"),
    company("Fern & Fable Books", "Fern & Fable Books LLC", "fernandfable.example", "Retail", "en"),
    company("Cascade University", "Cascade University", "cascade.example", "Education", "en"),
    company("Orchard Robotics", "Orchard Robotics, Inc.", "orchard.example", "Manufacturing", "en"),
    company("واحة للسفر", "واحة للسفر ذ.م.م", "waha.example", "Travel", "ar"),
    company("Prairie Mutual", "Prairie Mutual Insurance Company", "prairiemutual.example", "Insurance", "en"),
];

/// First words of generated company names.
pub const FIRST: &[&str] = &[
    "Alder", "Amber", "Birch", "Bright", "Canal", "Cedar", "Cobalt", "Copper", "Coral", "Delta", "Ember",
    "Falcon", "Granite", "Harbor", "Hazel", "Iris", "Jade", "Juniper", "Kestrel", "Larch", "Linden", "Lumen",
    "Maple", "Meridian", "Mistral", "North", "Olive", "Opal", "Orion", "Pearl", "Quartz", "Raven", "Rowan",
    "Saffron", "Sierra", "Silver", "Solstice", "Summit", "Tamarind", "Terra", "Tidal", "Umber", "Vela",
    "Verde", "Willow", "Zephyr",
];

/// Second words of generated company names, with the industry they stand for.
pub const SECOND: &[(&str, &str)] = &[
    ("Foods", "Food & drink"),
    ("Health", "Health"),
    ("Logistics", "Logistics"),
    ("Energy", "Energy"),
    ("Bank", "Banking"),
    ("Insurance", "Insurance"),
    ("Hotels", "Hospitality"),
    ("Schools", "Education"),
    ("Robotics", "Manufacturing"),
    ("Textiles", "Manufacturing"),
    ("Books", "Retail"),
    ("Outdoors", "Retail"),
    ("Studios", "Media"),
    ("Travel", "Travel"),
    ("Gardens", "Retail"),
    ("Software", "Technology"),
];

/// Legal forms of generated companies.
pub const FORMS: &[&str] = &["GmbH", "Ltd", "Inc.", "SA", "S.r.l.", "AB", "B.V.", "ApS"];
