package employee

// V1AlsoViewed is a profile that visitors also looked at.
type V1AlsoViewed struct {
	V1Row

	// URL is the address of the profile.
	URL string `json:"url"`
	// Title is the line under the name.
	Title string `json:"title"`
	// Location is the place as the profile states it.
	Location string `json:"location"`
}

// V1SimilarProfile is a profile that the source finds alike.
type V1SimilarProfile struct {
	V1Row

	// URL is the address of the profile.
	URL string `json:"url"`
}

// V1Group is a group the person is in.
type V1Group struct {
	V1Row

	// Name is its name.
	Name string `json:"name"`
	// URL is its address.
	URL string `json:"url"`
}

// V1Recommendation is what somebody wrote about the person.
type V1Recommendation struct {
	V1Row

	// Recommendation is the text.
	Recommendation string `json:"recommendation"`
}

// V1Website is an address the person gives.
type V1Website struct {
	V1Row

	// Website is the address, often malformed.
	Website string `json:"website"`
}

// V1PostsSeeMoreURL is an address of further posts.
type V1PostsSeeMoreURL struct {
	V1Row

	// URL is the address.
	URL string `json:"url"`
}

// V1TestScore is a test score. No row was ever seen; what it holds besides V1Row is not known.
type V1TestScore struct {
	V1Row
}
