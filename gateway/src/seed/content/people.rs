//! Names of people, in several languages and two writing directions.

/// A person's names as they write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// What friends call them.
    pub given: &'static str,
    /// The family's name.
    pub family: &'static str,
}

const fn name(given: &'static str, family: &'static str) -> Name {
    Name { given, family }
}

/// The ten people of Acme Studio, in the order of the system roles.
pub const ACME: [Name; 10] = [
    name("Marlene", "Vogt"),
    name("Jonas", "Lindqvist"),
    name("Zoë", "Hartmann"),
    name("Łukasz", "Nowak"),
    name("Inês", "Gonçalves"),
    name("Émile", "Lefèvre"),
    name("נועה", "ברגר"),
    name("Sofía", "Muñoz"),
    name("Bjørn", "Øvrebø"),
    name("Aylin", "Yıldız"),
];

/// The ten people of Globex Digital, in the order of the system roles.
pub const GLOBEX: [Name; 10] = [
    name("Grace", "Okafor"),
    name("Daniel", "Reyes"),
    name("Priya", "Raman"),
    name("Tomáš", "Dvořák"),
    name("Hannah", "Whitfield"),
    name("Chloé", "Bélanger"),
    name("Marcus", "O’Neill"),
    name("ليلى", "حداد"),
    name("Nguyễn", "Thị Mai"),
    name("Jun", "Watanabe"),
];

/// Given names of everybody else.
#[rustfmt::skip]
pub const GIVEN: &[&str] = &[
    "Ada", "Amélie", "Anders", "Andrés", "Anna", "Arjun", "Ayşe", "Beatriz", "Björn", "Camille", "Carmen", "Cem",
    "Chiara", "Clara", "David", "Dilnoza", "Elif", "Elena", "Emma", "Esther", "Fatima", "Felix", "François",
    "Freya", "Gábor", "Giulia", "Håkon", "Helena", "Hiroshi", "Ingrid", "Isabel", "Ivana", "Jakub", "Jamila",
    "João", "José", "Julia", "Kateřina", "Kenji", "Kofi", "Lars", "Léa", "Leila", "Lina", "Lucía", "Mads", "Maja",
    "Marek", "Mateo", "Mei", "Miguel", "Mikołaj", "Mina", "Noah", "Nora", "Olga", "Oskar", "Paolo", "Petra",
    "Rahel", "René", "Rosa", "Samuel", "Sanna", "Siobhán", "Søren", "Tariq", "Tereza", "Théo", "Tuğba", "Ulrike",
    "Valentina", "Viktor", "Wei", "Yara", "Yusuf", "Željko", "Zofia", "أحمد", "مريم", "דוד", "תמר", "王芳", "佐藤",
];

/// Family names of everybody else.
#[rustfmt::skip]
pub const FAMILY: &[&str] = &[
    "Adeyemi", "Almeida", "Andersson", "Bakker", "Baumann", "Becker", "Bianchi", "Blažević", "Bouchard", "Brandt",
    "Çelik", "Chen", "Costa", "Czerny", "Delacroix", "Demir", "Díaz", "Dubois", "Dupré", "Eriksson", "Fernández",
    "Ferrari", "Fischer", "Fontaine", "Fuchs", "García", "Grzybowska", "Gruber", "Haddad", "Hansen", "Horváth",
    "Ibáñez", "Ivanov", "Jansen", "Jónsdóttir", "Kaya", "Keller", "Khan", "Kim", "Kováč", "Kowalska", "Krüger",
    "Larsen", "Lemaître", "Lopes", "Łaska", "Marković", "Martínez", "Mbeki", "Mendes", "Meyer", "Moreau", "Müller",
    "Nakamura", "Nguyen", "Nielsen", "Novák", "Núñez", "O’Connor", "Okonkwo", "Olsen", "Papadopoulos", "Patel",
    "Peña", "Petrov", "Popescu", "Quiñones", "Rossi", "Ruiz", "Šimek", "Santos", "Schäfer", "Singh", "Söderberg",
    "Szabó", "Tanaka", "Tremblay", "Ünal", "Vargas", "Virtanen", "Weiß", "Wójcik", "Yamada", "Zhang", "الخطيب",
    "منصور", "כהן", "לוי",
];

/// What people at client companies do.
pub const JOB_TITLES: &[&str] = &[
    "Head of Marketing",
    "Managing Director",
    "Product Owner",
    "Head of IT",
    "Communications Manager",
    "Chief Operating Officer",
    "E-commerce Lead",
    "Brand Manager",
    "Procurement",
    "Office of the CEO",
    "Head of Customer Service",
    "Digital Project Manager",
];
