//! What Stripe asks of accounts in each part of the world.
//!
//! Stripe's page: <https://docs.stripe.com/connect/required-verification-information>. Read off
//! answers recorded between 2023 and 2026; where none was recorded, the European rules stand in.

/// What is asked of a person or a company: at once, and later.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    pub first: &'static [&'static str],
    pub later: &'static [&'static str],
}

const NOTHING: Ask = Ask { first: &[], later: &[] };

/// What is asked in one part of the world.
#[derive(Clone, Copy, Debug)]
pub struct Regime {
    pub individual: Ask,
    pub company: Ask,
    pub representative: Ask,
    pub owner: Ask,
    /// Answers are looked at for a while, and nothing is enabled before that.
    pub checks: bool,
}

pub static UNITED_STATES: Regime = Regime {
    individual: Ask {
        first: &[
            "address.city",
            "address.line1",
            "address.postal_code",
            "address.state",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "last_name",
            "phone",
            "ssn_last_4",
        ],
        later: &[],
    },
    company: Ask {
        first: &[
            "company.address.city",
            "company.address.line1",
            "company.address.postal_code",
            "company.address.state",
            "company.name",
            "company.phone",
            "company.tax_id",
        ],
        later: &[],
    },
    representative: Ask {
        first: &[
            "address.city",
            "address.line1",
            "address.postal_code",
            "address.state",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "last_name",
            "phone",
            "relationship.title",
            "ssn_last_4",
        ],
        later: &["id_number"],
    },
    owner: Ask {
        first: &["email", "first_name", "last_name"],
        later: &[
            "address.city",
            "address.line1",
            "address.postal_code",
            "address.state",
            "dob.day",
            "dob.month",
            "dob.year",
            "phone",
        ],
    },
    checks: true,
};

pub static CANADA: Regime = Regime {
    individual: Ask { first: CANADIAN, later: &[] },
    company: Ask {
        first: &[
            "company.address.city",
            "company.address.line1",
            "company.address.postal_code",
            "company.address.state",
            "company.name",
            "company.tax_id",
        ],
        later: &[],
    },
    representative: Ask { first: CANADIAN, later: &[] },
    owner: NOTHING,
    checks: false,
};

const CANADIAN: &[&str] = &[
    "address.city",
    "address.line1",
    "address.postal_code",
    "address.state",
    "dob.day",
    "dob.month",
    "dob.year",
    "first_name",
    "last_name",
];

pub static EMIRATES: Regime = Regime {
    individual: Ask {
        first: &[
            "address.line1",
            "address.state",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "id_number",
            "last_name",
            "nationality",
            "phone",
        ],
        later: &["documents.passport.files", "documents.visa.files", "verification.document"],
    },
    company: Ask {
        first: &[
            "company.address.line1",
            "company.address.state",
            "company.business_vat_id_number",
            "company.name",
            "company.tax_id",
        ],
        later: &[
            "documents.bank_account_ownership_verification.files",
            "documents.company_license.files",
            "documents.company_memorandum_of_association.files",
        ],
    },
    representative: Ask {
        first: &[
            "address.line1",
            "address.state",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "id_number",
            "last_name",
            "nationality",
            "phone",
            "relationship.executive",
            "relationship.title",
        ],
        later: &["documents.passport.files", "documents.visa.files", "verification.document"],
    },
    owner: Ask {
        first: &[
            "address.line1",
            "address.state",
            "dob.day",
            "dob.month",
            "dob.year",
            "first_name",
            "id_number",
            "last_name",
            "nationality",
        ],
        later: &["documents.passport.files"],
    },
    checks: false,
};

pub static SINGAPORE: Regime = Regime {
    individual: Ask {
        first: &[
            "address.line1",
            "address.postal_code",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "full_name_aliases",
            "id_number",
            "last_name",
            "nationality",
            "phone",
        ],
        later: &["verification.proof_of_liveness"],
    },
    ..EUROPE
};

/// The European Economic Area, the United Kingdom, Switzerland, and wherever nothing else is known.
const EUROPE: Regime = Regime {
    individual: Ask {
        first: &[
            "address.city",
            "address.line1",
            "address.postal_code",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "last_name",
            "phone",
        ],
        later: &[],
    },
    company: Ask {
        first: &[
            "company.address.city",
            "company.address.line1",
            "company.address.postal_code",
            "company.name",
            "company.tax_id",
        ],
        later: &[],
    },
    representative: Ask {
        first: &[
            "address.city",
            "address.line1",
            "address.postal_code",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "last_name",
            "phone",
            "relationship.executive",
            "relationship.title",
        ],
        later: &[],
    },
    owner: Ask {
        first: &[
            "address.city",
            "address.line1",
            "address.postal_code",
            "dob.day",
            "dob.month",
            "dob.year",
            "email",
            "first_name",
            "last_name",
        ],
        later: &[],
    },
    checks: false,
};

pub static ELSEWHERE: Regime = EUROPE;

/// Accounts that only receive transfers, under the recipient service agreement.
pub static RECIPIENT: Regime = Regime {
    individual: Ask {
        first: &[
            "address.city",
            "address.line1",
            "dob.day",
            "dob.month",
            "dob.year",
            "first_name",
            "last_name",
        ],
        later: &["verification.document"],
    },
    company: NOTHING,
    representative: NOTHING,
    owner: NOTHING,
    checks: false,
};

/// Where recipients need a national number.
pub static NUMBERED: &[&str] = &["BD", "BO", "CL", "CO", "DO", "MZ", "PA", "PK", "PY", "SV", "UY"];
