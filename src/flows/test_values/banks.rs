//! Every bank account of Stripe's testing documentation that is debited, and what the debit comes
//! to.
//!
//! Stripe's pages: <https://docs.stripe.com/testing#non-card-payments> and those of each payment
//! method. A stored account shows its last four digits, which is enough to find its row again: of
//! two rows that show the same, one is only the other with three minutes' delay.

/// What a debit of the account comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    Succeeds,
    /// Fails with that code; the documentation does not say which where it is empty.
    Fails(&'static str),
    /// Succeeds and is disputed.
    Disputed,
    /// Stays `processing`.
    Stays,
    /// Radar blocks it before the bank is asked.
    Blocked,
    /// The microdeposits that verify the account cannot be sent.
    NoMicrodeposits,
}

/// One bank account of the testing documentation.
#[derive(Clone, Copy, Debug)]
pub struct TestBank {
    /// The payment method type, such as `us_bank_account`.
    pub scheme: &'static str,
    /// The account number or IBAN.
    pub number: &'static str,
    /// What stands after `pm_` in the id that stands for it; empty where it has none.
    pub name: &'static str,
    pub settlement: Settlement,
    /// Settles three minutes later than the others.
    pub is_delayed: bool,
}

/// How much later the delayed accounts settle, in seconds.
pub const DELAY: i64 = 180;

use Settlement::{Blocked, Disputed, Fails, NoMicrodeposits, Stays, Succeeds};

const fn row(
    scheme: &'static str,
    number: &'static str,
    name: &'static str,
    settlement: Settlement,
) -> TestBank {
    TestBank { scheme, number, name, settlement, is_delayed: false }
}

const fn late(
    scheme: &'static str,
    number: &'static str,
    name: &'static str,
    settlement: Settlement,
) -> TestBank {
    TestBank { scheme, number, name, settlement, is_delayed: true }
}

const ACH: &str = "us_bank_account";
const BACS: &str = "bacs_debit";
const BECS: &str = "au_becs_debit";
const ACSS: &str = "acss_debit";
const SEPA: &str = "sepa_debit";

pub static BANKS: &[TestBank] = &[
    // ACH; routing number 110000000.
    row(ACH, "000123456789", "usBankAccount_success", Succeeds),
    row(ACH, "000111111113", "usBankAccount_accountClosed", Fails("account_closed")),
    row(ACH, "000000004954", "usBankAccount_riskLevelHighest", Blocked),
    row(ACH, "000111111116", "usBankAccount_noAccount", Fails("no_account")),
    row(ACH, "000222222227", "usBankAccount_insufficientFunds", Fails("insufficient_funds")),
    row(ACH, "000333333335", "usBankAccount_debitNotAuthorized", Fails("debit_not_authorized")),
    row(ACH, "000444444440", "usBankAccount_invalidCurrency", Fails("invalid_currency")),
    row(ACH, "000666666661", "usBankAccount_failMicrodeposits", NoMicrodeposits),
    row(ACH, "000555555559", "usBankAccount_dispute", Disputed),
    row(ACH, "000000000009", "usBankAccount_processing", Stays),
    row(
        ACH,
        "000777777771",
        "usBankAccount_weeklyLimitExceeded",
        Fails("charge_exceeds_source_limit"),
    ),
    row(ACH, "000888888885", "", Fails("account_closed")),
    // Bacs; sort code 108800.
    row(BACS, "00012345", "bacsDebit_success", Succeeds),
    late(BACS, "90012345", "bacsDebit_successDelayed", Succeeds),
    row(BACS, "33333335", "bacsDebit_debitNotAuthorized", Fails("debit_not_authorized")),
    late(BACS, "93333335", "bacsDebit_debitNotAuthorizedDelayed", Fails("debit_not_authorized")),
    row(BACS, "22222227", "bacsDebit_insufficientFunds", Fails("insufficient_funds")),
    late(BACS, "92222227", "bacsDebit_insufficientFundsDelayed", Fails("insufficient_funds")),
    late(BACS, "55555559", "bacsDebit_dispute", Disputed),
    row(BACS, "00033333", "bacsDebit_mandateRefused", Fails("debit_not_authorized")),
    row(BACS, "34343434", "bacsDebit_exceedsWeeklyLimit", Fails("charge_exceeds_source_limit")),
    row(
        BACS,
        "12121212",
        "bacsDebit_exceedsTransactionLimit",
        Fails("charge_exceeds_transaction_limit"),
    ),
    // BECS; BSB 000000.
    row(BECS, "000123456", "auBecsDebit_success", Succeeds),
    late(BECS, "900123456", "auBecsDebit_successDelayed", Succeeds),
    row(BECS, "111111113", "auBecsDebit_accountClosed", Fails("account_closed")),
    row(BECS, "111111116", "auBecsDebit_noAccount", Fails("no_account")),
    row(BECS, "222222227", "auBecsDebit_referToCustomer", Fails("refer_to_customer")),
    late(BECS, "922222227", "auBecsDebit_referToCustomerDelayed", Fails("refer_to_customer")),
    row(BECS, "333333335", "auBecsDebit_debitNotAuthorized", Fails("debit_not_authorized")),
    row(BECS, "666666660", "auBecsDebit_dispute", Disputed),
    row(BECS, "343434343", "auBecsDebit_exceedsWeeklyLimit", Fails("charge_exceeds_source_limit")),
    row(
        BECS,
        "121212121",
        "auBecsDebit_exceedsTransactionLimit",
        Fails("charge_exceeds_transaction_limit"),
    ),
    // ACSS; institution 000, transit 11000.
    row(ACSS, "000123456789", "", Succeeds),
    late(ACSS, "900123456789", "", Succeeds),
    row(ACSS, "000222222227", "", Fails("insufficient_funds")),
    late(ACSS, "900222222227", "", Fails("insufficient_funds")),
    row(ACSS, "000666666661", "", NoMicrodeposits),
    // SEPA, country by country.
    row(SEPA, "AT611904300234573201", "sepaDebit_success_at", Succeeds),
    late(SEPA, "AT321904300235473204", "sepaDebit_successDelayed_at", Succeeds),
    row(SEPA, "AT861904300235473202", "sepaDebit_failed_at", Fails("")),
    late(SEPA, "AT051904300235473205", "sepaDebit_failedDelayed_at", Fails("")),
    row(SEPA, "AT591904300235473203", "sepaDebit_disputed_at", Disputed),
    row(
        SEPA,
        "AT981904300000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_at",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "AT601904300000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_at",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "AT981904300002222227",
        "sepaDebit_insufficientFunds_at",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "BE62510007547061", "sepaDebit_success_be", Succeeds),
    late(SEPA, "BE78510007547064", "sepaDebit_successDelayed_be", Succeeds),
    row(SEPA, "BE68539007547034", "sepaDebit_failed_be", Fails("")),
    late(SEPA, "BE51510007547065", "sepaDebit_failedDelayed_be", Fails("")),
    row(SEPA, "BE08510007547063", "sepaDebit_disputed_be", Disputed),
    row(
        SEPA,
        "BE90510000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_be",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "BE52510000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_be",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(SEPA, "BE90510002222227", "sepaDebit_insufficientFunds_be", Fails("insufficient_funds")),
    row(SEPA, "HR7624020064583467589", "sepaDebit_success_hr", Succeeds),
    late(SEPA, "HR6323600002337876649", "sepaDebit_successDelayed_hr", Succeeds),
    row(SEPA, "HR2725000096983499248", "sepaDebit_failed_hr", Fails("")),
    late(SEPA, "HR6723600004878117427", "sepaDebit_failedDelayed_hr", Fails("")),
    row(SEPA, "HR8724840081455523553", "sepaDebit_disputed_hr", Disputed),
    row(
        SEPA,
        "HR7424020060000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_hr",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "HR3624020060000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_hr",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "HR7424020060002222227",
        "sepaDebit_insufficientFunds_hr",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "EE382200221020145685", "sepaDebit_success_ee", Succeeds),
    late(SEPA, "EE222200221020145682", "sepaDebit_successDelayed_ee", Succeeds),
    row(SEPA, "EE762200221020145680", "sepaDebit_failed_ee", Fails("")),
    late(SEPA, "EE922200221020145683", "sepaDebit_failedDelayed_ee", Fails("")),
    row(SEPA, "EE492200221020145681", "sepaDebit_disputed_ee", Disputed),
    row(
        SEPA,
        "EE672200000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_ee",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "EE292200000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_ee",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "EE672200000002222227",
        "sepaDebit_insufficientFunds_ee",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "FI2112345600000785", "sepaDebit_success_fi", Succeeds),
    late(SEPA, "FI3712345600000788", "sepaDebit_successDelayed_fi", Succeeds),
    row(SEPA, "FI9112345600000786", "sepaDebit_failed_fi", Fails("")),
    late(SEPA, "FI1012345600000789", "sepaDebit_failedDelayed_fi", Fails("")),
    row(SEPA, "FI6412345600000787", "sepaDebit_disputed_fi", Disputed),
    row(
        SEPA,
        "FI6712345600343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_fi",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "FI2912345600121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_fi",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(SEPA, "FI6712345602222227", "sepaDebit_insufficientFunds_fi", Fails("insufficient_funds")),
    row(SEPA, "FR1420041010050500013M02606", "sepaDebit_success_fr", Succeeds),
    late(SEPA, "FR3020041010050500013M02609", "sepaDebit_successDelayed_fr", Succeeds),
    row(SEPA, "FR8420041010050500013M02607", "sepaDebit_failed_fr", Fails("")),
    late(SEPA, "FR7920041010050500013M02600", "sepaDebit_failedDelayed_fr", Fails("")),
    row(SEPA, "FR5720041010050500013M02608", "sepaDebit_disputed_fr", Disputed),
    row(
        SEPA,
        "FR9720041010050000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_fr",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "FR5920041010050000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_fr",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "FR9720041010050000002222227",
        "sepaDebit_insufficientFunds_fr",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "DE89370400440532013000", "sepaDebit_success_de", Succeeds),
    late(SEPA, "DE08370400440532013003", "sepaDebit_successDelayed_de", Succeeds),
    row(SEPA, "DE62370400440532013001", "sepaDebit_failed_de", Fails("")),
    late(SEPA, "DE78370400440532013004", "sepaDebit_failedDelayed_de", Fails("")),
    row(SEPA, "DE35370400440532013002", "sepaDebit_disputed_de", Disputed),
    row(
        SEPA,
        "DE65370400440000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_de",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "DE27370400440000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_de",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "DE65370400440002222227",
        "sepaDebit_insufficientFunds_de",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "GI60MPFS599327643783385", "sepaDebit_success_gi", Succeeds),
    late(SEPA, "GI08RRNW626436291644533", "sepaDebit_successDelayed_gi", Succeeds),
    row(SEPA, "GI41SAFA461293238477751", "sepaDebit_failed_gi", Fails("")),
    late(SEPA, "GI50LROG772261344693297", "sepaDebit_failedDelayed_gi", Fails("")),
    row(SEPA, "GI26KJBC361883934534696", "sepaDebit_disputed_gi", Disputed),
    row(
        SEPA,
        "GI14NWBK000000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_gi",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "GI73NWBK000000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_gi",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "GI14NWBK000000002222227",
        "sepaDebit_insufficientFunds_gi",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "IE29AIBK93115212345678", "sepaDebit_success_ie", Succeeds),
    late(SEPA, "IE24AIBK93115212345671", "sepaDebit_successDelayed_ie", Succeeds),
    row(SEPA, "IE02AIBK93115212345679", "sepaDebit_failed_ie", Fails("")),
    late(SEPA, "IE94AIBK93115212345672", "sepaDebit_failedDelayed_ie", Fails("")),
    row(SEPA, "IE51AIBK93115212345670", "sepaDebit_disputed_ie", Disputed),
    row(
        SEPA,
        "IE10AIBK93115200343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_ie",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "IE69AIBK93115200121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_ie",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "IE10AIBK93115202222227",
        "sepaDebit_insufficientFunds_ie",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "LI0508800636123378777", "sepaDebit_success_li", Succeeds),
    late(SEPA, "LI4408800387787111369", "sepaDebit_successDelayed_li", Succeeds),
    row(SEPA, "LI1208800143823175626", "sepaDebit_failed_li", Fails("")),
    late(SEPA, "LI4908800356441975566", "sepaDebit_failedDelayed_li", Fails("")),
    row(SEPA, "LI7708800125525347723", "sepaDebit_disputed_li", Disputed),
    row(
        SEPA,
        "LI2408800000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_li",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "LI8308800000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_li",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "LI2408800000002222227",
        "sepaDebit_insufficientFunds_li",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "LT121000011101001000", "sepaDebit_success_lt", Succeeds),
    late(SEPA, "LT281000011101001003", "sepaDebit_successDelayed_lt", Succeeds),
    row(SEPA, "LT821000011101001001", "sepaDebit_failed_lt", Fails("")),
    late(SEPA, "LT981000011101001004", "sepaDebit_failedDelayed_lt", Fails("")),
    row(SEPA, "LT551000011101001002", "sepaDebit_disputed_lt", Disputed),
    row(
        SEPA,
        "LT591000000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_lt",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "LT211000000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_lt",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "LT591000000002222227",
        "sepaDebit_insufficientFunds_lt",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "LU280019400644750000", "sepaDebit_success_lu", Succeeds),
    late(SEPA, "LU440019400644750003", "sepaDebit_successDelayed_lu", Succeeds),
    row(SEPA, "LU980019400644750001", "sepaDebit_failed_lu", Fails("")),
    late(SEPA, "LU170019400644750004", "sepaDebit_failedDelayed_lu", Fails("")),
    row(SEPA, "LU710019400644750002", "sepaDebit_disputed_lu", Disputed),
    row(
        SEPA,
        "LU900010000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_lu",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "LU520010000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_lu",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "LU900010000002222227",
        "sepaDebit_insufficientFunds_lu",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "NL39RABO0300065264", "sepaDebit_success_nl", Succeeds),
    late(SEPA, "NL55RABO0300065267", "sepaDebit_successDelayed_nl", Succeeds),
    row(SEPA, "NL91ABNA0417164300", "sepaDebit_failed_nl", Fails("")),
    late(SEPA, "NL28RABO0300065268", "sepaDebit_failedDelayed_nl", Fails("")),
    row(SEPA, "NL82RABO0300065266", "sepaDebit_disputed_nl", Disputed),
    row(
        SEPA,
        "NL27RABO0000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_nl",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "NL86RABO0000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_nl",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(SEPA, "NL27RABO0002222227", "sepaDebit_insufficientFunds_nl", Fails("insufficient_funds")),
    row(SEPA, "NO9386011117947", "sepaDebit_success_no", Succeeds),
    late(SEPA, "NO8886011117940", "sepaDebit_successDelayed_no", Succeeds),
    row(SEPA, "NO6686011117948", "sepaDebit_failed_no", Fails("")),
    late(SEPA, "NO6186011117941", "sepaDebit_failedDelayed_no", Fails("")),
    row(SEPA, "NO3986011117949", "sepaDebit_disputed_no", Disputed),
    row(
        SEPA,
        "NO0586010343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_no",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "NO6486010121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_no",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(SEPA, "NO0586012222227", "sepaDebit_insufficientFunds_no", Fails("insufficient_funds")),
    row(SEPA, "PT50000201231234567890154", "sepaDebit_success_pt", Succeeds),
    late(SEPA, "PT66000201231234567890157", "sepaDebit_successDelayed_pt", Succeeds),
    row(SEPA, "PT23000201231234567890155", "sepaDebit_failed_pt", Fails("")),
    late(SEPA, "PT39000201231234567890158", "sepaDebit_failedDelayed_pt", Fails("")),
    row(SEPA, "PT93000201231234567890156", "sepaDebit_disputed_pt", Disputed),
    row(
        SEPA,
        "PT05000201230000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_pt",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "PT64000201230000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_pt",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "PT05000201230000002222227",
        "sepaDebit_insufficientFunds_pt",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "ES0700120345030000067890", "sepaDebit_success_es", Succeeds),
    late(SEPA, "ES2300120345030000067893", "sepaDebit_successDelayed_es", Succeeds),
    row(SEPA, "ES9121000418450200051332", "sepaDebit_failed_es", Fails("")),
    late(SEPA, "ES9300120345030000067894", "sepaDebit_failedDelayed_es", Fails("")),
    row(SEPA, "ES5000120345030000067892", "sepaDebit_disputed_es", Disputed),
    row(
        SEPA,
        "ES1700120345000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_es",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "ES7600120345000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_es",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "ES1700120345000002222227",
        "sepaDebit_insufficientFunds_es",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "SE3550000000054910000003", "sepaDebit_success_se", Succeeds),
    late(SEPA, "SE5150000000054910000006", "sepaDebit_successDelayed_se", Succeeds),
    row(SEPA, "SE0850000000054910000004", "sepaDebit_failed_se", Fails("")),
    late(SEPA, "SE2450000000054910000007", "sepaDebit_failedDelayed_se", Fails("")),
    row(SEPA, "SE7850000000054910000005", "sepaDebit_disputed_se", Disputed),
    row(
        SEPA,
        "SE2850000000000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_se",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "SE8750000000000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_se",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "SE2850000000000002222227",
        "sepaDebit_insufficientFunds_se",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "CH9300762011623852957", "sepaDebit_success_ch", Succeeds),
    late(SEPA, "CH8656663438253651553", "sepaDebit_successDelayed_ch", Succeeds),
    row(SEPA, "CH5362200119938136497", "sepaDebit_failed_ch", Fails("")),
    late(SEPA, "CH1843597160341964438", "sepaDebit_failedDelayed_ch", Fails("")),
    row(SEPA, "CH1260378413965193069", "sepaDebit_disputed_ch", Disputed),
    row(
        SEPA,
        "CH1800762000000343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_ch",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "CH7700762000000121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_ch",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "CH1800762000002222227",
        "sepaDebit_insufficientFunds_ch",
        Fails("insufficient_funds"),
    ),
    row(SEPA, "GB82WEST12345698765432", "sepaDebit_success_gb", Succeeds),
    late(SEPA, "GB98WEST12345698765435", "sepaDebit_successDelayed_gb", Succeeds),
    row(SEPA, "GB55WEST12345698765433", "sepaDebit_failed_gb", Fails("")),
    late(SEPA, "GB71WEST12345698765436", "sepaDebit_failedDelayed_gb", Fails("")),
    row(SEPA, "GB28WEST12345698765434", "sepaDebit_disputed_gb", Disputed),
    row(
        SEPA,
        "GB70WEST12345600343434",
        "sepaDebit_exceedsWeeklyVolumeLimit_gb",
        Fails("charge_exceeds_source_limit"),
    ),
    row(
        SEPA,
        "GB32WEST12345600121212",
        "sepaDebit_exceedsWeeklyTransactionLimit_gb",
        Fails("charge_exceeds_weekly_limit"),
    ),
    row(
        SEPA,
        "GB70WEST12345602222227",
        "sepaDebit_insufficientFunds_gb",
        Fails("insufficient_funds"),
    ),
];

/// IBANs of banks that take no SEPA debits: the payment method is refused with that code.
pub fn iban_refusal(iban: &str) -> Option<&'static str> {
    match iban.get(iban.len().saturating_sub(5)..) {
        Some("55555") if !iban.ends_with("555559") => Some("sepa_debit_bank_not_supported"),
        Some("66666") => Some("sepa_debit_debits_not_supported"),
        _ => None,
    }
}

/// The row of an id such as `pm_usBankAccount_success`.
pub fn by_id(id: &str) -> Option<&'static TestBank> {
    let name = id.strip_prefix("pm_").filter(|name| !name.is_empty())?;
    BANKS.iter().find(|bank| bank.name == name)
}

/// Whether that account settles later than others.
pub fn is_delayed(scheme: &str, number: &str) -> bool {
    BANKS.iter().any(|bank| bank.is_delayed && bank.scheme == scheme && bank.number == number)
}

/// The row of a stored account, found by what it shows; accounts outside the documentation are
/// debited successfully. `country` is that of a SEPA account.
pub fn by_face(scheme: &str, last4: &str, country: &str) -> Settlement {
    let shows = |bank: &&TestBank| {
        bank.scheme == scheme
            && bank.number.ends_with(last4)
            && (scheme != SEPA || bank.number.starts_with(country))
    };
    BANKS.iter().find(shows).map_or(Succeeds, |bank| bank.settlement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_account_shows_says_what_its_debit_comes_to() {
        for bank in BANKS {
            let last4 = &bank.number[bank.number.len() - 4..];
            let found = by_face(bank.scheme, last4, &bank.number[..2]);
            assert_eq!(found, bank.settlement, "{} {}", bank.scheme, bank.number);
        }
        assert_eq!(by_face(ACH, "0001", ""), Succeeds);
    }

    #[test]
    fn ids_name_their_accounts() {
        assert_eq!(by_id("pm_usBankAccount_noAccount").unwrap().number, "000111111116");
        assert_eq!(by_id("pm_sepaDebit_failed_fr").unwrap().number, "FR8420041010050500013M02607");
        assert!(by_id("pm_usBankAccount").is_none() && by_id("pm_").is_none());
    }
}
