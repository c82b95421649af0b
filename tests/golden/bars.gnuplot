$d0_0 << EOD
0 0.250625 -0.4 0.4 0 NaN NaN
1 0.263125 0.6 1.4 0 NaN NaN
2 0.375625 1.6 2.4000000000000004 0 NaN NaN
EOD
$d1_0 << EOD
0 0.250625 -0.4 0.4 0 NaN NaN
1 0.263125 0.6 1.4 0 NaN NaN
2 0.375625 1.6 2.4000000000000004 0 NaN NaN
EOD
set multiplot
unset key
set tics out nomirror
set border 3 lc rgb '#404040'
set grid lc rgb '#e4e4e4' lt 1 lw 0.6
set lmargin at screen 0.14545
set rmargin at screen 0.53506
set tmargin at screen 0.84772
set bmargin at screen 0.26396
set title 'vanilla' noenhanced offset 0,-0.6
set xlabel 'step' noenhanced
set ylabel 'value' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.6:2.6]
set xtics ('0' 0, '1' 1, '2' 2) noenhanced
unset logscale y
set yrange [-0.01878125:0.39440624999999996]
set ytics ('0' 0, '0.1' 0.1, '0.2' 0.2, '0.3' 0.3) noenhanced
unset arrow
set xtics ('0' 0, '10' 1, '100' 2) noenhanced
unset grid
set grid y lc rgb '#e4e4e4' lt 1 lw 0.6
set label 'A ''figure''' at screen 0.50000,0.95431 center font ',14' noenhanced
set label 'Bars: mean over seeds (no bar to be seen: near 0), whiskers (from 3 seeds on): 95% t-interval; n = 2 seeds; query' at screen 0.01558,0.07741 left font ',9' tc rgb '#404040' noenhanced
set label '9d91a769ba34, commits unknown, 4 runs.' at screen 0.01558,0.03934 left font ',9' tc rgb '#404040' noenhanced
plot 0 lc rgb '#404040' lw 1 notitle, $d0_0 using 1:2:3:4:5:2 with boxxyerror lc rgb '#0072B2' fs solid 0.85 noborder notitle, $d0_0 using 1:6:(0):($7-$6) with vectors heads size graph 0.008,90 lc rgb '#202020' lw 1.2 notitle
unset label
unset arrow
unset object
set lmargin at screen 0.57922
set rmargin at screen 0.96883
set tmargin at screen 0.84772
set bmargin at screen 0.26396
set title 'gated' noenhanced offset 0,-0.6
set xlabel 'step' noenhanced
set ylabel '' noenhanced offset 0.5,0
unset logscale x
set xrange [-0.6:2.6]
set xtics ('0' 0, '1' 1, '2' 2) noenhanced
unset logscale y
set yrange [-0.01878125:0.39440624999999996]
set ytics ('' 0, '' 0.1, '' 0.2, '' 0.3) noenhanced
unset arrow
set xtics ('0' 0, '10' 1, '100' 2) noenhanced
unset grid
set grid y lc rgb '#e4e4e4' lt 1 lw 0.6
plot 0 lc rgb '#404040' lw 1 notitle, $d1_0 using 1:2:3:4:5:2 with boxxyerror lc rgb '#0072B2' fs solid 0.85 noborder notitle, $d1_0 using 1:6:(0):($7-$6) with vectors heads size graph 0.008,90 lc rgb '#202020' lw 1.2 notitle
unset multiplot
