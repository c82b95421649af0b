$d0 << EOD
0 0 -0.5 0.5 -0.5 0.5 0.25
2 0 1.5 2.5 -0.5 0.5 0.25125
EOD
$d1 << EOD
0 0 -0.5 0.5 -0.5 0.5 0.25
2 0 1.5 2.5 -0.5 0.5 0.25125
EOD
$d2 << EOD
1 1 0.5 1.5 0.5 1.5 0.2625
3 1 2.5 3.5 0.5 1.5 0.26375
EOD
$d3 << EOD
1 1 0.5 1.5 0.5 1.5 0.2625
3 1 2.5 3.5 0.5 1.5 0.26375
EOD
$d4 << EOD
0 1 -0.5 0.5 0.5 1.5 0.375
2 1 1.5 2.5 0.5 1.5 0.37625
EOD
$d5 << EOD
0 1 -0.5 0.5 0.5 1.5 0.375
2 1 1.5 2.5 0.5 1.5 0.37625
EOD
set multiplot
unset key
set tics out nomirror
set border 3 lc rgb '#404040'
set grid lc rgb '#e4e4e4' lt 1 lw 0.6
set lmargin at screen 0.17891
set rmargin at screen 0.47284
set tmargin at screen 0.85882
set bmargin at screen 0.69882
set title 'vanilla, 0' noenhanced offset 0,-0.6
set xlabel '' noenhanced
set ylabel 'layer' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.5:3.5]
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
unset logscale y
set yrange [1.5:-0.5]
set ytics ('-0.5' -0.5, '0' 0, '0.5' 0.5, '1' 1, '1.5' 1.5) noenhanced
unset arrow
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
set ytics ('0' 0, '1' 1) noenhanced
set cbrange [0.2436875:0.38256249999999997]
set palette defined (0 '#00224e', 1 '#123570', 2 '#3b496c', 3 '#575d6d', 4 '#707173', 5 '#8a8678', 6 '#a59c74', 7 '#c3b369', 8 '#e1cc55', 9 '#fee838')
unset grid
set border 15
set colorbox vertical user origin screen 0.84984,0.37882 size screen 0.02236,0.48000
set cbtics ('0.25' 0.25, '0.3' 0.3, '0.35' 0.35) noenhanced
set cblabel 'value' noenhanced offset -0.5,0
set label 'A ''figure''' at screen 0.50000,0.95765 center font ',14' noenhanced
set label 'One run a panel; n = 2 (seeds 0, 1); query 9d91a769ba34, commits unknown, 4 runs.' at screen 0.01917,0.03647 left font ',9' tc rgb '#404040' noenhanced
plot $d0 using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle, $d0 using 1:2:($7 < 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font ',9' notitle, $d0 using 1:2:($7 >= 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font ',9' notitle
unset colorbox
unset label
unset arrow
unset object
set lmargin at screen 0.52716
set rmargin at screen 0.82109
set tmargin at screen 0.85882
set bmargin at screen 0.69882
set title 'gated, 0' noenhanced offset 0,-0.6
set xlabel '' noenhanced
set ylabel '' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.5:3.5]
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
unset logscale y
set yrange [1.5:-0.5]
set ytics ('' -0.5, '' 0, '' 0.5, '' 1, '' 1.5) noenhanced
unset arrow
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
set ytics ('' 0, '' 1) noenhanced
set cbrange [0.2436875:0.38256249999999997]
plot $d1 using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle, $d1 using 1:2:($7 < 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font ',9' notitle, $d1 using 1:2:($7 >= 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font ',9' notitle
set lmargin at screen 0.17891
set rmargin at screen 0.47284
set tmargin at screen 0.61412
set bmargin at screen 0.45412
set title 'vanilla, 10' noenhanced offset 0,-0.6
set xlabel '' noenhanced
set ylabel 'layer' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.5:3.5]
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
unset logscale y
set yrange [1.5:-0.5]
set ytics ('-0.5' -0.5, '0' 0, '0.5' 0.5, '1' 1, '1.5' 1.5) noenhanced
unset arrow
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
set ytics ('0' 0, '1' 1) noenhanced
set cbrange [0.2436875:0.38256249999999997]
plot $d2 using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle, $d2 using 1:2:($7 < 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font ',9' notitle, $d2 using 1:2:($7 >= 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font ',9' notitle
set lmargin at screen 0.52716
set rmargin at screen 0.82109
set tmargin at screen 0.61412
set bmargin at screen 0.45412
set title 'gated, 10' noenhanced offset 0,-0.6
set xlabel '' noenhanced
set ylabel '' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.5:3.5]
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
unset logscale y
set yrange [1.5:-0.5]
set ytics ('' -0.5, '' 0, '' 0.5, '' 1, '' 1.5) noenhanced
unset arrow
set xtics ('' 0, '' 1, '' 2, '' 3) noenhanced
set ytics ('' 0, '' 1) noenhanced
set cbrange [0.2436875:0.38256249999999997]
plot $d3 using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle, $d3 using 1:2:($7 < 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font ',9' notitle, $d3 using 1:2:($7 >= 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font ',9' notitle
set lmargin at screen 0.17891
set rmargin at screen 0.47284
set tmargin at screen 0.36941
set bmargin at screen 0.20941
set title 'vanilla, 100' noenhanced offset 0,-0.6
set xlabel 'head' noenhanced
set ylabel 'layer' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.5:3.5]
set xtics ('0' 0, '1' 1, '2' 2, '3' 3) noenhanced
unset logscale y
set yrange [1.5:-0.5]
set ytics ('-0.5' -0.5, '0' 0, '0.5' 0.5, '1' 1, '1.5' 1.5) noenhanced
unset arrow
set xtics ('0' 0, '1' 1, '2' 2, '3' 3) noenhanced
set ytics ('0' 0, '1' 1) noenhanced
set cbrange [0.2436875:0.38256249999999997]
plot $d4 using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle, $d4 using 1:2:($7 < 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font ',9' notitle, $d4 using 1:2:($7 >= 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font ',9' notitle
set lmargin at screen 0.52716
set rmargin at screen 0.82109
set tmargin at screen 0.36941
set bmargin at screen 0.20941
set title 'gated, 100' noenhanced offset 0,-0.6
set xlabel 'head' noenhanced
set ylabel '' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.5:3.5]
set xtics ('0' 0, '1' 1, '2' 2, '3' 3) noenhanced
unset logscale y
set yrange [1.5:-0.5]
set ytics ('' -0.5, '' 0, '' 0.5, '' 1, '' 1.5) noenhanced
unset arrow
set xtics ('0' 0, '1' 1, '2' 2, '3' 3) noenhanced
set ytics ('' 0, '' 1) noenhanced
set cbrange [0.2436875:0.38256249999999997]
plot $d5 using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 noborder lc palette notitle, $d5 using 1:2:($7 < 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'white' font ',9' notitle, $d5 using 1:2:($7 >= 0.30618124999999996 ? sprintf('%.2f', $7) : '') with labels tc rgb 'black' font ',9' notitle
unset multiplot
