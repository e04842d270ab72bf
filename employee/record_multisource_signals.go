package employee

// MultiSourceSignals is what the provider works out about a career and about posts, since 2026. That these fields
// stand at the root of a record is assumed, and so are the JSON types of those that say so.
type MultiSourceSignals struct {
	// ProfileScore is how complete and active the profile is, reported to be 0 to 1. The type is assumed.
	ProfileScore Decimal `json:"profile_score"`
	// InfluenceScore is the reach of the person, 0 to 100.
	InfluenceScore Decimal `json:"influence_score"`
	// InstitutionRankingScore is the rank of the schools attended. Type and scale are assumed.
	InstitutionRankingScore Decimal `json:"institution_ranking_score"`
	// MonthsInManagement is the length of positions as a manager. The type is assumed.
	MonthsInManagement Decimal `json:"months_in_management"`
	// TenureStats is how long the person stayed with companies.
	TenureStats MultiSourceTenure `json:"tenure_stats"`
	// InternalPromotionRate is how the person rose within companies.
	InternalPromotionRate MultiSourcePromotions `json:"internal_promotion_rate"`
	// PostFrequencyYearly is how often the person posts in a year. Its JSON type is not known.
	PostFrequencyYearly Text `json:"post_frequency_yearly"`
	// PostingRecency is how recent the last post is. Its form is not known.
	PostingRecency Text `json:"posting_recency"`
	// EngagementPerPost is how much a post is reacted to. Its JSON type is not known.
	EngagementPerPost Text `json:"engagement_per_post"`
}

// MultiSourceTenure is how long a person stayed with companies, in months. Several positions held at one company at
// the same time count once.
type MultiSourceTenure struct {
	// AverageMonths is the average by company.
	AverageMonths Decimal `json:"avg_tenure_months"`
	// MedianMonths is the median by company.
	MedianMonths Decimal `json:"median_tenure"`
	// CurrentMonths is the time with the present company.
	CurrentMonths Decimal `json:"current_tenure"`
	// LongestMonths is the longest time with one company.
	LongestMonths Decimal `json:"longest_tenure"`
}

// MultiSourcePromotions is how a person rose within companies. The names of its fields are reported by one user of
// the API, and their JSON types are assumed.
type MultiSourcePromotions struct {
	// Count is the number of promotions.
	Count Number `json:"promotion_count"`
	// AverageMonths is the average time between promotions, in months.
	AverageMonths Decimal `json:"avg_months_per_promotion"`
	// Recent marks a person who was promoted lately.
	Recent Flag `json:"recently_promoted"`
}
