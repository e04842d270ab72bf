package employee

// MultiSourceActivity is a post or a reaction to one.
type MultiSourceActivity struct {
	MultiSourceRow

	// ActivityURL is its address.
	ActivityURL string `json:"activity_url"`
	// Title is the text.
	Title string `json:"title"`
	// Action is what the person did, such as "Liked by".
	Action string `json:"action"`
}

// MultiSourceRecommendation is what somebody wrote about the person.
type MultiSourceRecommendation struct {
	MultiSourceRow

	// Recommendation is the text.
	Recommendation string `json:"recommendation"`
	// RefereeFullName is the name of who wrote it.
	RefereeFullName string `json:"referee_full_name"`
	// RefereeURL is the address of who wrote it.
	RefereeURL string `json:"referee_url"`
}

// MultiSourceRepository is a repository on GitHub.
type MultiSourceRepository struct {
	// Name is its name.
	Name string `json:"name"`
	// Summary is what it is about.
	Summary string `json:"summary"`
	// Stars is how many people starred it. The provider spells the field "starts".
	Stars Number `json:"starts"`
	// ContributionsCount is the person's contributions to it.
	ContributionsCount Number `json:"contributions_count"`
}
