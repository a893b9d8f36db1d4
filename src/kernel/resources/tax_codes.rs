//! The tax codes a partition knows: ids and names are Stripe's, the descriptions are ours.
//!
//! Differs from Stripe: these are the ones tests use, not all of them.

#[derive(Clone, Copy, Debug)]
pub struct TaxCode {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
}

const fn code(id: &'static str, name: &'static str, description: &'static str) -> TaxCode {
    TaxCode { id, name, description }
}

/// Sorted by id.
pub static TAX_CODES: &[TaxCode] = &[
    code("txcd_00000000", "Nontaxable", "What is not taxed anywhere."),
    code(
        "txcd_10000000",
        "General - Electronically Supplied Services",
        "A service delivered over the internet with little human work, when no closer code fits.",
    ),
    code(
        "txcd_10010001",
        "Infrastructure as a service (IaaS) - personal use",
        "Servers, storage and networks in the cloud, for a person.",
    ),
    code(
        "txcd_10101000",
        "Infrastructure as a service (IaaS) - business use",
        "Servers, storage and networks in the cloud, for a company.",
    ),
    code(
        "txcd_10102000",
        "Platform as a service (PaaS) - business use",
        "A place in the cloud to build and run software, for a company.",
    ),
    code(
        "txcd_10102001",
        "Platform as a service (PaaS) - personal use",
        "A place in the cloud to build and run software, for a person.",
    ),
    code(
        "txcd_10103000",
        "Software as a service (SaaS) - personal use",
        "Software used in the cloud, for a person.",
    ),
    code(
        "txcd_10103001",
        "Software as a service (SaaS) - business use",
        "Software used in the cloud, for a company.",
    ),
    code(
        "txcd_10202003",
        "Downloadable software - business use",
        "Ready-made software that a company downloads.",
    ),
    code(
        "txcd_10203000",
        "Downloadable software - custom - personal use",
        "Software made to order that a person downloads.",
    ),
    code(
        "txcd_10203001",
        "Downloadable software - custom - business use",
        "Software made to order that a company downloads.",
    ),
    code("txcd_10301000", "Audiobook", "A recorded book to keep."),
    code("txcd_10302000", "e-book", "An electronic book to keep."),
    code("txcd_10303000", "Digital magazine -- subscription", "Issues of an electronic magazine."),
    code("txcd_10303100", "Digital magazine", "One issue of an electronic magazine."),
    code("txcd_10304000", "Digital newspaper", "One issue of an electronic newspaper."),
    code("txcd_10304100", "Digital newspaper -- subscription", "An electronic newspaper."),
    code(
        "txcd_10401000",
        "Digital audio streaming -- limited use",
        "Sound to stream for a limited time.",
    ),
    code("txcd_10401100", "Digital audio -- unlimited use", "Sound to keep."),
    code(
        "txcd_10401200",
        "Digital audio streaming -- subscription",
        "Sound to stream as long as the subscription lasts.",
    ),
    code(
        "txcd_10402000",
        "Digital video streaming -- limited use",
        "Video to stream for a limited time.",
    ),
    code("txcd_10402100", "Digital video - unlimited use", "Video to keep."),
    code(
        "txcd_10402200",
        "Digital video streaming -- subscription",
        "Video to stream as long as the subscription lasts.",
    ),
    code("txcd_10501000", "Digital image", "An electronic image to keep."),
    code("txcd_10502000", "Gift card", "An electronic gift card for more than one purpose."),
    code("txcd_10701000", "Website advertising", "Advertisements on the internet."),
    code("txcd_10701100", "Website hosting", "Keeping a website reachable."),
    code("txcd_10701200", "Website design", "Designing a website."),
    code("txcd_10701300", "Website data processing", "Working on a customer's data online."),
    code("txcd_10701400", "Website information services", "Information looked up online."),
    code("txcd_20030000", "General - Services", "A service, when no closer code fits."),
    code("txcd_20060000", "Professional services", "The work of lawyers, engineers and the like."),
    code("txcd_20060044", "Training services", "Lessons for the buyer."),
    code("txcd_20060045", "Training Services - Live Virtual", "Live lessons over the internet."),
    code(
        "txcd_20060058",
        "Training Services - Self Study Web Based",
        "Lessons on the internet without a teacher.",
    ),
    code("txcd_20060059", "Tutoring", "Lessons for one person or a small group."),
    code("txcd_30011000", "Clothing and footwear", "Clothes and shoes for general use."),
    code("txcd_30021000", "Athletic and sportswear", "Clothes and shoes made for sports."),
    code("txcd_34020027", "Consumer electronics", "Electronic devices for personal use."),
    code("txcd_35010000", "Books", "Printed books."),
    code("txcd_35020100", "Newspapers", "Printed newspapers."),
    code("txcd_35020200", "Magazines", "Printed magazines."),
    code("txcd_37060012", "School supplies", "What a pupil needs in class."),
    code("txcd_40040000", "Food", "Food to prepare and eat at home."),
    code("txcd_40060003", "Food for Immediate Consumption", "Prepared food and drink."),
    code("txcd_92010001", "Shipping", "Bringing goods to the buyer."),
    code("txcd_99999999", "General - Tangible Goods", "A thing, when no closer code fits."),
];

/// The tax code of that id.
pub fn find(id: &str) -> Option<&'static TaxCode> {
    let place = TAX_CODES.binary_search_by(|code| code.id.cmp(id)).ok()?;
    TAX_CODES.get(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_codes_are_sorted_and_found() {
        assert!(TAX_CODES.is_sorted_by_key(|code| code.id));
        assert!(TAX_CODES.iter().all(|code| code.id.len() == "txcd_".len() + 8));
        let goods = find("txcd_99999999").map(|code| code.name);
        assert_eq!(goods, Some("General - Tangible Goods"));
        assert!(find("txcd_1").is_none());
    }
}
