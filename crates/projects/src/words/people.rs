//! Words of people: leave, allocations, how an agency plans.

words! {
    /// Why somebody does not work.
    LeaveKind {
        /// Holidays of their own.
        #[default]
        Vacation = "vacation",
        /// They are ill.
        Sick = "sick",
        /// They learn something.
        Training = "training",
        /// They have a child.
        Parental = "parental",
        /// Without pay.
        Unpaid = "unpaid",
        /// Something else.
        Other = "other",
    }
}

words! {
    /// Where a leave stands.
    LeaveStatus {
        /// It waits for somebody to decide.
        #[default]
        Requested = "requested",
        /// They are away.
        Approved = "approved",
        /// They are not.
        Rejected = "rejected",
        /// They took it back.
        Cancelled = "cancelled",
    }
}

words! {
    /// How sure an allocation is.
    Commitment {
        /// Perhaps: a plan, or work that is not won yet.
        #[default]
        Tentative = "tentative",
        /// Agreed.
        Firm = "firm",
    }
}

words! {
    /// What happens when somebody would get more firm work than they have time.
    OverAllocation {
        /// It is refused.
        #[default]
        Refuse = "refuse",
        /// It is done, with a warning.
        Warn = "warn",
    }
}
