//! Words of the registers: risks, change requests, status reports, feedback.

words! {
    /// What a risk is about.
    RiskCategory {
        /// Something else.
        #[default]
        Other = "other",
        /// It takes longer.
        Schedule = "schedule",
        /// It costs more.
        Budget = "budget",
        /// Something else is wanted.
        Scope = "scope",
        /// It does not work.
        Technical = "technical",
        /// Somebody is missing.
        People = "people",
        /// The client does not do their part.
        Client = "client",
        /// A contract or a law.
        Legal = "legal",
    }
}

words! {
    /// What is done about a risk.
    RiskResponse {
        /// It is made less likely, or less bad.
        #[default]
        Mitigate = "mitigate",
        /// What could cause it is not done.
        Avoid = "avoid",
        /// Somebody else bears it.
        Transfer = "transfer",
        /// It is lived with.
        Accept = "accept",
    }
}

words! {
    /// Where a risk stands.
    RiskStatus {
        /// It may come true.
        #[default]
        Open = "open",
        /// It came true.
        Occurred = "occurred",
        /// It cannot come true any more, or what came of it is over.
        Closed = "closed",
    }
}

words! {
    /// Where a change request stands.
    ChangeRequestStatus {
        /// The agency works on it; the client does not see it.
        #[default]
        Draft = "draft",
        /// Agency and client are asked.
        Submitted = "submitted",
        /// Everybody agreed.
        Approved = "approved",
        /// The agency or the client did not agree.
        Rejected = "rejected",
        /// The project is as it says.
        Applied = "applied",
    }
}

words! {
    /// What one side said of a change request.
    ChangeRequestAnswer {
        /// They agreed.
        #[default]
        Approved = "approved",
        /// They did not agree.
        Rejected = "rejected",
    }
}

words! {
    /// Where a status report stands.
    StatusReportStatus {
        /// The team works on it; the client does not see it.
        #[default]
        Draft = "draft",
        /// The client sees it; it does not change any more.
        Published = "published",
    }
}

words! {
    /// What a client is asked.
    FeedbackKind {
        /// How satisfied they are, 1 to 5: the customer satisfaction score.
        #[default]
        Csat = "csat",
        /// How likely they are to recommend the agency, 0 to 10: the net promoter score.
        Nps = "nps",
    }
}

words! {
    /// Where a question to a client stands.
    FeedbackStatus {
        /// It waits for them.
        #[default]
        Open = "open",
        /// They answered.
        Answered = "answered",
        /// Its time was over before they did.
        Expired = "expired",
    }
}
