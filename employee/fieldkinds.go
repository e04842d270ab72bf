package employee

import "strings"

// The words of the Elasticsearch query language, by what stands under them.
var (
	// fieldKeyed are the kinds whose body is {field: ...}.
	fieldKeyed = strings.Fields(`
		term terms terms_set match match_phrase match_phrase_prefix match_bool_prefix prefix wildcard regexp
		fuzzy range common span_term intervals geo_distance geo_bounding_box geo_polygon geo_shape shape
		text_expansion weighted_tokens gauss linear exp`)

	// compound are the kinds whose body has named parts.
	compound = strings.Fields(`
		bool constant_score dis_max boosting function_score script_score filtered and or not has_child
		has_parent pinned rule rule_query exists missing multi_match combined_fields simple_query_string
		distance_feature rank_feature knn semantic sparse_vector percolate parent_id field_value_factor
		random_score field_masking_span span_near span_or span_not span_first span_multi span_containing
		span_within`)

	// clauseParts hold queries.
	clauseParts = strings.Fields(`
		must filter should must_not query queries positive negative organic filters clauses include exclude
		match big little`)

	// fieldParts hold names of fields.
	fieldParts = strings.Fields(`
		field fields default_field use_field minimum_should_match_field path nested_path`)

	// plainParts hold settings, values and names of other things.
	plainParts = strings.Fields(`
		boost _name minimum_should_match adjust_pure_negative score_mode boost_mode max_boost min_score weight
		tie_breaker negative_boost type child_type parent_type ignore_unmapped operator default_operator
		analyzer quote_analyzer fuzziness fuzzy_transpositions prefix_length max_expansions lenient flags slop
		auto_generate_synonyms_phrase_query zero_terms_query cutoff_frequency analyze_wildcard
		quote_field_suffix origin pivot saturation log sigmoid query_vector k num_candidates similarity id ids
		docs factor modifier missing seed in_order end pre post dist max_children min_children score index
		routing preference version match_criteria ruleset_ids ruleset_id multi_value_mode`)
)
