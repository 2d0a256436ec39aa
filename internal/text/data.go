package text

// Data is Excerpt for text that is data, such as a name, and no header or JSON: see RedactCredentials. Its cost
// grows with s up to 64 KiB.
func Data(s string, limit int, known ...string) string {
	return cut(Printable(RedactCredentials(s, known...)), limit)
}
