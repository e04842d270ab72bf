package employee

// BaseActivity is a post or a reaction to one.
type BaseActivity struct {
	BaseRow

	// ActivityURL is its address. The name is assumed.
	ActivityURL string `json:"activity_url"`
	// Title is the text. The name is assumed.
	Title string `json:"title"`
	// Action is what the person did, such as liking or sharing. The name is assumed.
	Action string `json:"action"`
}

// BaseRecommendation is what somebody wrote about the person.
type BaseRecommendation struct {
	BaseRow

	// Recommendation is the text. The name is assumed.
	Recommendation string `json:"recommendation"`
	// RefereeFullName is the name of who wrote it. The name is assumed.
	RefereeFullName string `json:"referee_full_name"`
	// RefereeURL is the address of who wrote it. The name is assumed.
	RefereeURL string `json:"referee_url"`
}

// BaseSimilarProfile is a profile that the source finds alike.
type BaseSimilarProfile struct {
	BaseRow

	// URL is the address of the profile. The name is assumed.
	URL string `json:"url"`
}

// BaseOtherNamed is a profile of somebody of the same name. What it holds besides BaseRow is not known.
type BaseOtherNamed struct {
	BaseRow
}

// BaseCourseSuggestion is a course that the source suggests. What it holds besides BaseRow is not known.
type BaseCourseSuggestion struct {
	BaseRow
}

// BaseWebsite is an address the person gives.
type BaseWebsite struct {
	BaseRow

	// Website is the address. The name is assumed.
	Website string `json:"website"`
}
