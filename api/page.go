package api

// Page is one page of a list.
type Page[T any] struct {
	// Items are the page's items, in the provider's order.
	Items []T
	// Next is the cursor of the next page, "" on the last one. Treat it as opaque.
	Next string
	// Total is the number of items on all pages, -1 when the provider does not say.
	Total int64
}
