package browsertest

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"

	"github.com/chromedp/chromedp"
)

// Picture takes a picture of the size of the window, which it checks. If the environment has PSOAUTH_UPDATE=1, it writes
// the file with the picture anew.
func (b *Tab) Picture(file string, width, height int) {
	b.t.Helper()
	shown, err := png.Decode(bytes.NewReader(Get(b, chromedp.CaptureScreenshot())))
	if err != nil {
		b.t.Fatal(err)
	}
	if size := shown.Bounds().Size(); size != image.Pt(width, height) {
		b.t.Fatalf("the picture is %v, want %d by %d", size, width, height)
	}
	if os.Getenv("PSOAUTH_UPDATE") == "" {
		return
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, reduced(shown)); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// reduced returns a picture in at most 256 colours, which makes the file less than half as large: the most frequent ones that
// are not too like one another. A page has few; the others are the edges of letters.
func reduced(in image.Image) image.Image {
	counts := map[color.RGBA]int{}
	bounds := in.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(in.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	const mostColors = 256
	palette := make(color.Palette, mostColors+1)
	for alike := 0; len(palette) > mostColors; alike += 4 {
		palette = palette[:0]
		for _, c := range frequent {
			if !slices.ContainsFunc(palette, func(p color.Color) bool { return distance(p.(color.RGBA), c) < alike }) {
				palette = append(palette, c)
			}
		}
	}
	nearest := map[color.RGBA]uint8{}
	for c := range counts {
		nearest[c] = uint8(palette.Index(c))
	}
	out := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			out.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	return out
}

// distance returns the square of how far one colour is from another.
func distance(a, b color.RGBA) int {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r + g*g + bl*bl
}
